import { PrefixTree } from "./prefix-tree.ts";

/** One prefix tree a set of adapters: what was computed with one set is never found for another. */
export class PrefixForest<Entry extends { readonly adapters: string }> {
  readonly #trees = new Map<string, PrefixTree<Entry>>();

  set(entry: Entry, tokens: Int32Array): void {
    let tree = this.#trees.get(entry.adapters);
    if (!tree) {
      tree = new PrefixTree();
      this.#trees.set(entry.adapters, tree);
    }
    tree.set(entry, tokens);
  }

  delete(entry: Entry): void {
    const tree = this.#trees.get(entry.adapters);
    tree?.delete(entry);
    if (tree?.size === 0) this.#trees.delete(entry.adapters);
  }

  /** As `PrefixTree.findLongest`, among the entries of one set. */
  findLongest(
    adapters: string,
    tokens: Int32Array,
    usable: (entry: Entry) => number,
    prefer?: (entry: Entry) => number,
  ): { readonly entry: Entry; readonly length: number } | undefined {
    return this.#trees.get(adapters)?.findLongest(tokens, usable, prefer);
  }
}

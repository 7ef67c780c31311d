/**
 * A path-compressed radix tree over token sequences. It answers: of the entries in the tree, which shares the longest
 * usable start with these tokens? An entry is any object with an identity; the tree knows nothing of what it stands for.
 *
 * Invariants: siblings differ in their first token; an edge is never empty (the root's excepted); `owners` of a node are
 * exactly the entries whose tokens pass through or end in it, so a child's owners are a subset of its parent's.
 */
export class PrefixTree<Entry extends object> {
  readonly #root: Node<Entry> = createNode<Entry>(new Int32Array(0));
  readonly #tokens = new Map<Entry, Int32Array>();

  get size(): number {
    return this.#tokens.size;
  }

  /** Adds an entry under its tokens, or moves it there. The array must not change afterwards. */
  set(entry: Entry, tokens: Int32Array): void {
    this.delete(entry);
    this.#tokens.set(entry, tokens);
    let node = this.#root;
    node.owners.add(entry);
    let depth = 0;
    while (depth < tokens.length) {
      const child = node.children.get(tokenAt(tokens, depth));
      if (!child) {
        const leaf = createNode<Entry>(tokens.subarray(depth));
        leaf.owners.add(entry);
        node.children.set(tokenAt(tokens, depth), leaf);
        return;
      }
      const shared = sharedLength(child.edge, tokens, depth);
      node = shared < child.edge.length ? splitEdge(node, child, shared) : child;
      node.owners.add(entry);
      depth += shared;
    }
  }

  delete(entry: Entry): boolean {
    const tokens = this.#tokens.get(entry);
    if (!tokens) return false;
    this.#tokens.delete(entry);
    this.#root.owners.delete(entry);
    let node = this.#root;
    let depth = 0;
    while (depth < tokens.length) {
      const child = node.children.get(tokenAt(tokens, depth));
      if (!child) return true;
      child.owners.delete(entry);
      if (child.owners.size === 0) {
        node.children.delete(tokenAt(tokens, depth));
        return true;
      }
      depth += child.edge.length;
      node = child;
    }
    return true;
  }

  /**
   * Finds the entry with the longest usable common start. `usable(entry)` bounds how many of an entry's tokens count
   * (those evaluated so far); of equal lengths the entry that `prefer`s scores higher for wins.
   */
  findLongest(
    tokens: Int32Array,
    usable: (entry: Entry) => number,
    prefer: (entry: Entry) => number = () => 0,
  ): { readonly entry: Entry; readonly length: number } | undefined {
    const path = this.#walk(tokens);
    let best: { entry: Entry; length: number } | undefined;
    let bestScore = 0;
    for (let i = path.length - 1; i >= 0; i--) {
      const step = path[i];
      if (!step || (best && step.depth < best.length)) break;
      for (const entry of step.node.owners) {
        const length = Math.min(step.depth, usable(entry));
        if (length === 0) continue;
        const score = prefer(entry);
        if (!best || length > best.length || (length === best.length && score > bestScore)) {
          best = { entry, length };
          bestScore = score;
        }
      }
    }
    return best;
  }

  #walk(tokens: Int32Array): { readonly node: Node<Entry>; readonly depth: number }[] {
    const path: { node: Node<Entry>; depth: number }[] = [];
    let node = this.#root;
    let depth = 0;
    while (depth < tokens.length) {
      const child = node.children.get(tokenAt(tokens, depth));
      if (!child) break;
      const shared = sharedLength(child.edge, tokens, depth);
      depth += shared;
      path.push({ node: child, depth });
      if (shared < child.edge.length) break;
      node = child;
    }
    return path;
  }
}

type Node<Entry> = {
  edge: Int32Array;
  readonly children: Map<number, Node<Entry>>;
  readonly owners: Set<Entry>;
};

function createNode<Entry>(edge: Int32Array): Node<Entry> {
  return { edge, children: new Map(), owners: new Set() };
}

/** Puts a node after the first `at` tokens of the child's edge and returns it. */
function splitEdge<Entry>(parent: Node<Entry>, child: Node<Entry>, at: number): Node<Entry> {
  const middle = createNode<Entry>(child.edge.subarray(0, at));
  for (const owner of child.owners) middle.owners.add(owner);
  parent.children.set(tokenAt(child.edge, 0), middle);
  child.edge = child.edge.subarray(at);
  middle.children.set(tokenAt(child.edge, 0), child);
  return middle;
}

function sharedLength(edge: Int32Array, tokens: Int32Array, from: number): number {
  const end = Math.min(edge.length, tokens.length - from);
  let length = 0;
  while (length < end && edge[length] === tokens[from + length]) length++;
  return length;
}

function tokenAt(tokens: Int32Array, index: number): number {
  return tokens[index] ?? 0;
}

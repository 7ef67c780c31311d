import { toPrefix } from "../documents/file-places.ts";
import type { IndexStore } from "./run.ts";

/** A document of a file under the root, or under a root around or inside that one. */
export type FileDocument = { readonly root: string; readonly source: string; readonly contentHash: string };

export type KnownFile = {
  readonly contentHash: string;
  /** The folder further out that has it and keeps it. */
  readonly outerRoot?: string;
  /** It is a single document and has its place; else it is added anew, which takes it there. */
  readonly isSettled: boolean;
};

/** What is stored of the files below a root and was not met yet, whichever root brought it. Sources are paths from the root. */
export type KnownFiles = {
  find(source: string): KnownFile | undefined;
  /** Nothing of the file is removed any more. */
  keep(source: string): void;
  /** Of a folder that could not be looked into, nobody knows what is gone. */
  keepBelow(folder: string): void;
  keepAllBut(source: string): void;
  /** What is left. */
  sources(): Iterable<string>;
  own(source: string): FileDocument | undefined;
  others(source: string): readonly FileDocument[];
};

type Asked = {
  readonly collection: string;
  readonly root: string;
  /** The one file of the root that is looked at. */
  readonly only?: string;
};

export async function loadKnownFiles(
  { documents }: Pick<IndexStore, "documents">,
  { collection, root, only }: Asked,
): Promise<KnownFiles> {
  const own = new Map(await documents.hashes(collection, root));
  const others = new Map<string, FileDocument[]>();
  const note = (source: string, document: FileDocument) => {
    const known = others.get(source);
    if (known) known.push(document);
    else others.set(source, [document]);
  };
  const { outer, inner } = await documents.roots(collection, root);
  for (const folder of outer) {
    const below = toPrefix(root).slice(toPrefix(folder).length);
    for (const [source, contentHash] of await documents.hashes(collection, folder, below))
      note(source.slice(below.length), { root: folder, source, contentHash });
  }
  // Nothing that lies right in the root is in a folder inside it.
  for (const folder of only === undefined ? inner : []) {
    const below = toPrefix(folder).slice(toPrefix(root).length);
    for (const [source, contentHash] of await documents.hashes(collection, folder))
      note(`${below}${source}`, { root: folder, source, contentHash });
  }
  return createKnownFiles(root, own, others);
}

function createKnownFiles(
  root: string,
  own: Map<string, string>,
  others: Map<string, readonly FileDocument[]>,
): KnownFiles {
  const keep = (source: string) => {
    own.delete(source);
    others.delete(source);
  };
  return {
    keep,
    find(source) {
      const ownHash = own.get(source);
      const [first, ...rest] = others.get(source) ?? [];
      if (!first) return ownHash === undefined ? undefined : { contentHash: ownHash, isSettled: true };
      const isOuter = first.root.length < root.length;
      const isSettled = isOuter && rest.length === 0 && ownHash === undefined;
      if (isOuter) return { contentHash: first.contentHash, outerRoot: first.root, isSettled };
      return { contentHash: ownHash ?? first.contentHash, isSettled };
    },
    keepBelow(folder) {
      for (const source of own.keys()) if (source.startsWith(folder)) own.delete(source);
    },
    keepAllBut(only) {
      for (const source of [...own.keys(), ...others.keys()]) if (source !== only) keep(source);
    },
    *sources() {
      yield* own.keys();
      for (const source of others.keys()) if (!own.has(source)) yield source;
    },
    own(source) {
      const contentHash = own.get(source);
      return contentHash === undefined ? undefined : { root, source, contentHash };
    },
    others: (source) => others.get(source) ?? [],
  };
}

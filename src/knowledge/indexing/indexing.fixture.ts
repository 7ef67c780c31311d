import { AppError } from "../../base/index.ts";
import type { Collection, NewDocument } from "../knowledge.ts";
import type { IndexStore } from "./run.ts";

type StoreOptions = {
  /** Takes part in each document that is added; a rejection is the store's. */
  readonly onAdd?: (document: NewDocument) => void | Promise<void>;
};

export type MemoryStore = IndexStore & {
  /** Source and first words of what a root brought, in order. */
  list(collection: string, root?: string): readonly (readonly [source: string, text: string])[];
  readonly adds: readonly (readonly string[])[];
  /** Names of the collections. */
  names(): readonly string[];
};

/** Collections in memory, for tests of what comes before them. Folders in one another are not told of. */
export function createMemoryStore({ onAdd }: StoreOptions = {}): MemoryStore {
  const collections = new Map<string, Collection>();
  const documents = new Map<string, NewDocument & { readonly collection: string }>();
  const adds: string[][] = [];
  const keyOf = (collection: string, root: string | undefined, source: string) =>
    `${collection}\n${root ?? ""}\n${source}`;
  const update = (name: string, changes: Partial<Collection>): Collection => {
    const found = collections.get(name);
    if (!found) throw new AppError("not_found", `there is no collection ${name}`);
    const count = [...documents.values()].filter((document) => document.collection === name).length;
    const changed = { ...found, documents: count, ...changes };
    collections.set(name, changed);
    return changed;
  };
  return {
    adds,
    modelId: async (name) => name.replace(/:latest$/, ""),
    names: () => [...collections.keys()],
    list: (collection, root) =>
      [...documents.values()]
        .filter(
          (document) => document.collection === collection && (root === undefined || document.root === root),
        )
        .map(({ source, chunks }) => [source, chunks.map(({ text }) => text).join("\n")] as const)
        .sort(([left], [right]) => (left < right ? -1 : 1)),
    collections: {
      find: async (name) => (collections.has(name) ? update(name, {}) : undefined),
      async create({ name, embeddingModel, label = "any" }) {
        const empty = {
          description: "",
          documents: 0,
          chunks: 0,
          revision: 0,
          createdAtMs: 0,
          changedAtMs: 0,
        };
        collections.set(name, { name, label, ...empty, ...(embeddingModel && { embeddingModel }) });
        return update(name, {});
      },
      update: async (name, changes) => update(name, changes),
      async reembed(name, model) {
        const { embeddingModel: _, ...rest } = update(name, {});
        collections.set(name, { ...rest, ...(model !== null && { embeddingModel: model }) });
        return update(name, {});
      },
    },
    documents: {
      async add(collection, added, signal) {
        signal.throwIfAborted();
        adds.push(added.map(({ source }) => source));
        const results: { id: string; source: string; status: "added" | "replaced" | "unchanged" }[] = [];
        for (const document of added) {
          await onAdd?.(document);
          const key = keyOf(collection, document.root, document.source);
          const before = documents.get(key);
          const isSame = before?.contentHash === document.contentHash;
          documents.set(key, { ...document, collection });
          results.push({
            id: key,
            source: document.source,
            status: isSame ? "unchanged" : before ? "replaced" : "added",
          });
        }
        return results;
      },
      async removeSources(collection, sources, root) {
        return sources.filter((source) => documents.delete(keyOf(collection, root, source))).length;
      },
      roots: async () => ({ outer: [], inner: [] }),
      async hashes(collection, root) {
        const held = [...documents.values()].filter(
          (each) => each.collection === collection && each.root === root,
        );
        return new Map(held.map(({ source, contentHash }) => [source, contentHash]));
      },
    },
  };
}

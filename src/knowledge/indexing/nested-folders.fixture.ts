import { mkdirSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createTemporaryFolder } from "../../testing/index.ts";
import type { Collection } from "../knowledge.ts";
import { type KnowledgeFixture, openKnowledge } from "../knowledge-fixture.ts";
import type { FileMemory } from "./file-memory.ts";
import type { IndexProgress, IndexReport, IndexRequest } from "./index-types.ts";

export type IndexAsked = Partial<IndexRequest> & {
  readonly memory?: FileMemory;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: IndexProgress) => void;
};

export type NestedFolders = AsyncDisposable & {
  readonly knowledge: KnowledgeFixture["knowledge"];
  readonly engine: KnowledgeFixture["engine"];
  /** Folder of the database. */
  readonly home: string;
  /** The real path of a tree of files. */
  readonly tree: string;
  write(path: string, content?: string): void;
  remove(path: string): void;
  /** Indexes a folder or a file of the tree. */
  index(path: string, asked?: IndexAsked): Promise<IndexReport>;
  /** Root and source of each document, the root from the tree, in order. */
  list(): Promise<readonly string[]>;
  collection(): Promise<Collection>;
};

export const nestedCollection = "nested";

/** Folders in one another, and a collection with vectors in a real database. */
export async function openNestedFolders(embeddingModel: string | null = "tiny"): Promise<NestedFolders> {
  const folder = createTemporaryFolder();
  const fixture = await openKnowledge({ models: { tiny: { dimension: 16 } } });
  const { knowledge, engine, home } = fixture;
  await knowledge.collections.create({ name: nestedCollection, embeddingModel });
  const tree = realpathSync(folder.path);
  return {
    ...{ knowledge, engine, home, tree },
    write(path, content = `text of ${path}\n`) {
      mkdirSync(dirname(join(tree, path)), { recursive: true });
      writeFileSync(join(tree, path), content);
    },
    remove: (path) => rmSync(join(tree, path), { recursive: true }),
    index(path, { memory, onProgress, signal = new AbortController().signal, ...request } = {}) {
      return knowledge.index(
        { source: join(tree, path), collection: nestedCollection, ...request },
        { signal, ...(memory && { memory }), ...(onProgress && { onProgress }) },
      );
    },
    async list() {
      const documents = await knowledge.documents.list(nestedCollection, { limit: 1_000 });
      return documents
        .map(({ root = "", source }) => `${root.slice(tree.length + 1) || "."}: ${source}`)
        .sort();
    },
    collection: () => knowledge.collections.get(nestedCollection),
    async [Symbol.asyncDispose]() {
      await fixture[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
    },
  };
}

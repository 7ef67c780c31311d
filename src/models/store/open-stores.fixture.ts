import { type Database, openDatabase } from "../../store/index.ts";
import type { BlobStore } from "../blobs/blob-store.ts";
import { createBlobStore } from "../blobs/fs-blob-store.ts";
import type { PutLayer } from "./manifest.ts";
import { createModelStore, type ModelStore, type PutRequest } from "./model-store.ts";
import { someSummary } from "./record.fixture.ts";

export type OpenStores = AsyncDisposable & {
  readonly database: Database;
  readonly blobs: BlobStore;
  readonly store: ModelStore;
  /** Brings a text in as a blob. */
  addBlob(text: string): Promise<PutLayer & { readonly digest: string }>;
  /** Stores a model of these texts, one layer each. */
  add(name: string, ...texts: readonly string[]): Promise<void>;
  put(request: Partial<PutRequest> & { readonly name: string }): Promise<void>;
};

const maxBytes = 1 << 20;

/** The stores of a home, as the program has them. */
export async function openStores(home: string, now?: () => number): Promise<OpenStores> {
  const database = await openDatabase(`${home}/hearth.db`);
  const blobs = createBlobStore(home);
  const store = createModelStore({ database, blobs, ...(now && { now }) });

  async function addBlob(text: string) {
    async function* stream() {
      yield new TextEncoder().encode(text);
    }
    const { signal } = new AbortController();
    return { role: "model", ...(await blobs.write(stream(), { signal, maxBytes })) } as const;
  }

  async function put(request: Partial<PutRequest> & { readonly name: string }): Promise<void> {
    await store.put({ source: "imported", layers: [], settings: {}, summary: someSummary, ...request });
  }

  return {
    database,
    blobs,
    store,
    addBlob,
    put,
    async add(name, ...texts) {
      const layers: PutLayer[] = [];
      for (const text of texts) layers.push(await addBlob(text));
      await put({ name, layers });
    },
    [Symbol.asyncDispose]: () => database.close(),
  };
}

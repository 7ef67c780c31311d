import { existsSync } from "node:fs";
import { databasePath } from "../config/index.ts";
import type { BlobStore } from "./blobs/blob-store.ts";
import { createBlobStore } from "./blobs/fs-blob-store.ts";
import type { HeaderNote } from "./discovery/header-notes.ts";
import type { ModelStore } from "./store/model-store.ts";
import type { NoteCache } from "./store/note-cache.ts";

export type OpenStore = { readonly models: ModelStore; readonly notes: NoteCache<HeaderNote> };

/** The store of a home folder, opened when something is first asked of it: a server of one file never does. */
export type StoreDoor = {
  readonly blobs: BlobStore;
  /** Undefined where nothing was ever stored. */
  toRead(): Promise<OpenStore | undefined>;
  toWrite(): Promise<OpenStore>;
  close(): Promise<void>;
};

export function createStoreDoor(home: string): StoreDoor {
  const path = databasePath(home);
  const blobs = createBlobStore(home);
  let opening: Promise<OpenStore & { close(): Promise<void> }> | undefined;

  async function open(): Promise<OpenStore & { close(): Promise<void> }> {
    const [{ openHomeDatabase }, { createModelStore }, { createNoteCache }] = await Promise.all([
      import("../store/index.ts"),
      import("./store/model-store.ts"),
      import("./store/note-cache.ts"),
    ]);
    const database = await openHomeDatabase(home);
    return {
      models: createModelStore({ database, blobs }),
      notes: createNoteCache<HeaderNote>(database),
      close: () => database.close(),
    };
  }

  /** One that failed is tried again: the disk may have room by then. */
  function openOnce(): Promise<OpenStore & { close(): Promise<void> }> {
    opening ??= open().catch((error: unknown) => {
      opening = undefined;
      throw error;
    });
    return opening;
  }

  return {
    blobs,
    toRead: async () => (opening || existsSync(path) ? await openOnce() : undefined),
    toWrite: openOnce,
    async close() {
      const store = await opening?.catch(() => undefined);
      opening = undefined;
      await store?.close();
    },
  };
}

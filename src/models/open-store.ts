import { existsSync } from "node:fs";
import type { AppError } from "../base/index.ts";
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
  /** Undefined where nothing was ever stored, and where the database is damaged: what needs none is served still. */
  read<T>(ask: (store: OpenStore) => Promise<T>): Promise<T | undefined>;
  /** Throws why the database is damaged, once that has shown. */
  toWrite(): Promise<OpenStore>;
  /** Set once something could not be read because the database is damaged. */
  readonly damage: AppError | undefined;
  close(): Promise<void>;
};

export function createStoreDoor(
  home: string,
  onDamage: (error: AppError) => void = () => undefined,
): StoreDoor {
  const path = databasePath(home);
  const blobs = createBlobStore(home);
  let damage: AppError | undefined;
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
    async read(ask) {
      if (!opening && !existsSync(path)) return undefined;
      try {
        return await ask(await openOnce());
      } catch (error) {
        const { isDamaged } = await import("../store/index.ts");
        if (!isDamaged(error)) throw error;
        if (!damage) onDamage(error);
        damage = error;
        return undefined;
      }
    },
    async toWrite() {
      if (damage) throw damage;
      return await openOnce();
    },
    get damage() {
      return damage;
    },
    async close() {
      const store = await opening?.catch(() => undefined);
      opening = undefined;
      await store?.close();
    },
  };
}

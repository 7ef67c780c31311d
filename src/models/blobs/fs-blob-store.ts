import { stat } from "node:fs/promises";
import { join } from "node:path";
import { ensureOwnFolder, errnoOf, toDiskError } from "../../base/index.ts";
import type { BlobStore } from "./blob-store.ts";
import { hexOf } from "./digest.ts";
import { createHolder } from "./holds.ts";
import { createIncoming, type Incoming } from "./incoming.ts";
import { openPart } from "./part.ts";
import { takeFile } from "./take-file.ts";
import { writeStream } from "./write-blob.ts";

/** How long a blob that `write` or `take` brought in is kept though nothing refers to it yet. */
const defaultArrivalHoldMs = 10 * 60_000;

/** The blob store in a home folder; its folders are made when something is first written. */
export function createBlobStore(
  home: string,
  { arrivalHoldMs = defaultArrivalHoldMs }: { readonly arrivalHoldMs?: number } = {},
): BlobStore {
  const folder = join(home, "models", "blobs");
  const holder = createHolder(folder, { arrivalHoldMs });
  const pathOf = (digest: string) => `${folder}/sha256-${hexOf(digest)}`;
  const prepare = () => {
    for (const path of [home, join(home, "models"), folder]) ensureOwnFolder(path);
  };

  async function size(digest: string): Promise<number | undefined> {
    const path = pathOf(digest);
    try {
      const status = await stat(path);
      return status.isFile() ? status.size : undefined;
    } catch (error) {
      if (errnoOf(error) === "ENOENT") return undefined;
      throw toDiskError(`look at ${path}`, error);
    }
  }

  /** Held before it is looked for, so that no other process can remove it in between. */
  async function settle(incoming: Incoming, digest: string): Promise<"kept" | "present"> {
    await holder.holdArrival(digest);
    return incoming.keep(digest);
  }

  return {
    folder,
    pathOf,
    size,
    async hold(digests) {
      prepare();
      return holder.hold(digests);
    },
    async openPart(digest, signal) {
      const path = pathOf(digest);
      prepare();
      return openPart(path, digest, signal);
    },
    async write(bytes, options) {
      const { expected } = options;
      prepare();
      if (expected !== undefined) {
        await holder.holdArrival(expected);
        const present = await size(expected);
        if (present !== undefined) return { digest: expected, bytes: present };
      }
      await using incoming = createIncoming(folder);
      const written = await writeStream(incoming.path, bytes, options);
      await settle(incoming, written.digest);
      return written;
    },
    async take(path, options) {
      prepare();
      await using incoming = createIncoming(folder);
      const { digest, bytes, how } = await takeFile(path, incoming.path, options);
      const outcome = await settle(incoming, digest);
      return { digest, bytes, how: outcome === "present" ? "present" : how };
    },
  };
}

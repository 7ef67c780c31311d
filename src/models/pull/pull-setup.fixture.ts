import { type Clock, systemClock } from "../../resilience/index.ts";
import { type RegistryServer, startRegistry } from "../../testing/registry/registry-server.ts";
import { createTemporaryFolder } from "../../testing/temporary-folder.ts";
import type { BlobStore } from "../blobs/blob-store.ts";
import { createBlobStore } from "../blobs/fs-blob-store.ts";
import { parseReference } from "../names/model-reference.ts";
import { stallMs } from "./limits.ts";
import { createPuller, type PullEvent, type PulledModel, type PullerOptions } from "./puller.ts";

/** A clock on which pauses of seconds pass in hundredths of seconds, and time itself ten times as fast. */
export const hastyClock: Clock = {
  nowMs: () => systemClock.nowMs() * 10,
  schedule: (delayMs, action) => systemClock.schedule(delayMs / (delayMs < stallMs ? 100 : 10), action),
};

/** A clock on which all goes so fast that a short silence is a stall. */
export const hastierClock: Clock = {
  nowMs: () => systemClock.nowMs() * 100,
  schedule: (delayMs, action) => systemClock.schedule(delayMs / 100, action),
};

export type PullSetup = Disposable & {
  readonly server: RegistryServer;
  readonly blobs: BlobStore;
  readonly home: string;
  pull(
    reference: string,
    signal?: AbortSignal,
  ): Promise<{ model: PulledModel; events: readonly PullEvent[] }>;
  start(reference: string, signal: AbortSignal): AsyncIterable<PullEvent>;
};

/** A server, an empty store, and a puller between them. */
export function createPullSetup(options: Partial<PullerOptions> = {}): PullSetup {
  const folder = createTemporaryFolder();
  const server = startRegistry();
  const blobs = createBlobStore(folder.path);
  const puller = createPuller({
    blobs,
    registry: server.url,
    huggingFace: { endpoint: server.url },
    clock: hastyClock,
    random: () => 1,
    ...options,
  });
  const start = (reference: string, signal: AbortSignal) =>
    puller.pull(parseReference(reference), { signal });
  return {
    server,
    blobs,
    home: folder.path,
    start,
    async pull(reference, signal = new AbortController().signal) {
      const events: PullEvent[] = [];
      for await (const event of start(reference, signal)) events.push(event);
      const last = events.at(-1);
      if (last?.type !== "pulled") throw new Error("the pull ended without a model");
      return { model: last.model, events };
    },
    [Symbol.dispose]() {
      server[Symbol.dispose]();
      folder[Symbol.dispose]();
    },
  };
}

export const modelType = "application/vnd.ollama.image.model";

/** The statuses among events. */
export function statusesOf(events: readonly PullEvent[]): readonly string[] {
  return events.flatMap((event) => (event.type === "status" ? [event.status] : []));
}

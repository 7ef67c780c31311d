import { readFile } from "node:fs/promises";
import { AppError } from "../../base/index.ts";
import type { Clock } from "../../resilience/index.ts";
import type { BlobStore } from "../blobs/blob-store.ts";
import { toModelName } from "../names/model-name.ts";
import { formatReference, type ModelReference } from "../names/model-reference.ts";
import type { LayerRole } from "../record.ts";
import type { Timing } from "./backoff.ts";
import { checkDiskSpace, type MeasureFree } from "./disk-space.ts";
import { fetchBlob } from "./fetch-blob.ts";
import { createHttpClient } from "./http-client.ts";
import { ChangedFailure } from "./http-errors.ts";
import { type HuggingFaceOptions, planHubPull } from "./hub-plan.ts";
import { type InspectedFile, inspectFiles } from "./inspect-remote.ts";
import { maxConnections, maxFreshStarts, progressIntervalMs } from "./limits.ts";
import { createProgressFeed, type ProgressFeed, type PullProgress } from "./progress-feed.ts";
import type { PlannedFile, PullPlan } from "./pull-plan.ts";
import { planRegistryPull, shortDigest } from "./registry-plan.ts";
import type { RemoteFile } from "./remote-file.ts";
import { createSharedFetches, type SharedFetches } from "./shared-fetches.ts";
import { createSlots, type Slots } from "./slots.ts";
import { planUrlPull } from "./url-plan.ts";

export type PullerOptions = {
  readonly blobs: BlobStore;
  /** Address of the default registry, such as https://registry.ollama.ai */
  readonly registry: string;
  readonly huggingFace: HuggingFaceOptions;
  readonly clock: Clock;
  readonly fetch?: typeof fetch;
  readonly random?: () => number;
  readonly measureFree?: MeasureFree;
  /** Told each time that something is tried again. */
  readonly onRetry?: () => void;
  /** Plain http:// also to other machines. */
  readonly allowInsecure?: boolean;
};

/** A verified blob of a model. */
export type PulledLayer = { readonly role: LayerRole; readonly digest: string; readonly bytes: number };

export type PulledModel = {
  /** What requests will call it. */
  readonly name: string;
  /** The reference with what it resolved to, without secrets. */
  readonly origin: string;
  /** In the order of their source; parts of a split model in theirs. */
  readonly layers: readonly PulledLayer[];
  /** Contents of the layers that are no weights, as they came. */
  readonly texts: readonly { readonly role: LayerRole; readonly bytes: Uint8Array }[];
};

export type PullEvent = PullProgress | { readonly type: "pulled"; readonly model: PulledModel };

export type InspectedModel = {
  readonly name: string;
  readonly origin: string;
  readonly files: readonly InspectedFile[];
};

export type Puller = {
  /** What a pull would fetch, with the headers of the weights; nothing is kept. */
  inspect(reference: ModelReference, options: { readonly signal: AbortSignal }): Promise<InspectedModel>;
  /**
   * Fetches what is missing of a model. The last event is `pulled`; its blobs are kept from `gc` until the iteration
   * goes on from there, so record them before. Leaving the iteration, or an abort, keeps what has come.
   */
  pull(reference: ModelReference, options: { readonly signal: AbortSignal }): AsyncIterable<PullEvent>;
};

const weightRoles: ReadonlySet<LayerRole> = new Set(["model", "projector", "adapter"]);
const longTimerMs = 2 ** 30;

/** Pulls models into a blob store; pulls of one process share connections and downloads. */
export function createPuller(options: PullerOptions): Puller {
  const { clock, random = Math.random, allowInsecure = false } = options;
  const timing: Timing = { clock, random, ...(options.onRetry && { onRetry: options.onRetry }) };
  const client = createHttpClient({ fetch: options.fetch ?? fetch, allowInsecure });
  const context: PullContext = {
    ...options,
    timing,
    slots: createSlots(maxConnections),
    fetches: createSharedFetches(),
    plan(reference, signal) {
      switch (reference.kind) {
        case "registry":
          return planRegistryPull(reference, { client, timing, registry: options.registry, signal });
        case "hugging-face":
          return planHubPull(reference, { client, timing, huggingFace: options.huggingFace, signal });
        case "url":
          return planUrlPull(reference.url, { client, timing, signal });
        case "path": {
          const message = `${reference.path} is a file of this machine; use hearth import`;
          throw new AppError("invalid_request", message);
        }
        default:
          return reference satisfies never;
      }
    },
  };
  return {
    async inspect(reference, { signal }) {
      using _ = keepProgramAlive();
      const plan = await context.plan(reference, signal);
      const files = await inspectFiles(plan, timing, signal);
      return { name: toModelName(reference), origin: plan.origin, files };
    },
    pull: (reference, { signal }) => pullModel(context, reference, signal),
  };
}

type PullContext = PullerOptions & {
  readonly timing: Timing;
  readonly slots: Slots;
  readonly fetches: SharedFetches;
  plan(reference: ModelReference, signal: AbortSignal): Promise<PullPlan>;
};

async function* pullModel(
  context: PullContext,
  reference: ModelReference,
  outside: AbortSignal,
): AsyncGenerator<PullEvent, void, undefined> {
  const feed = createProgressFeed();
  const leaving = new AbortController();
  const signal = AbortSignal.any([outside, leaving.signal]);
  await using holds = new AsyncDisposableStack();
  using _ = keepProgramAlive();
  const work = runPull(context, reference, { feed, holds, signal }).finally(() => feed.close());
  work.catch(() => undefined);
  try {
    yield* feed.events();
    yield { type: "pulled", model: await work };
  } catch (error) {
    if (!outside.aborted) throw error;
    const message = `the pull of ${formatOrigin(reference)} was stopped; what has come is kept, pull again to go on`;
    throw new AppError("cancelled", message, { cause: error });
  } finally {
    leaving.abort(new AppError("cancelled", "the pull was left"));
    await work.catch(() => undefined);
  }
}

type PullRun = {
  readonly feed: ProgressFeed;
  readonly holds: AsyncDisposableStack;
  readonly signal: AbortSignal;
};

/** Where a file changes at its source in the middle, everything is looked up and fetched anew, once. */
async function runPull(context: PullContext, reference: ModelReference, run: PullRun): Promise<PulledModel> {
  for (let freshStarts = 0; ; freshStarts += 1) {
    try {
      return await pullOnce(context, reference, run);
    } catch (error) {
      if (!(error instanceof ChangedFailure)) throw error;
      const message = `${error.message}; it is fetched anew`;
      if (freshStarts >= maxFreshStarts)
        throw new AppError("download_failed", `${error.message} again; pull it later`);
      run.feed.push({ type: "status", status: message });
    }
  }
}

async function pullOnce(context: PullContext, reference: ModelReference, run: PullRun): Promise<PulledModel> {
  const { blobs } = context;
  const { feed, holds, signal } = run;
  signal.throwIfAborted();
  feed.push({ type: "status", status: "pulling manifest" });
  const plan = await context.plan(reference, signal);
  for (const status of plan.notes) feed.push({ type: "status", status });
  const files = new Map(plan.files.map(({ key, remote: { bytes } }) => [key, { key, bytes }]));
  holds.use(await blobs.hold([...files.keys()]));
  await checkDiskSpace(blobs, [...files.values()], context.measureFree);
  const layers: PulledLayer[] = [];
  for (const file of plan.files) {
    const digest = await pullFile(context, file, run);
    layers.push({ role: file.role, digest, bytes: file.remote.bytes });
  }
  return { name: toModelName(reference), origin: plan.origin, layers, texts: await readTexts(blobs, layers) };
}

function readTexts(blobs: BlobStore, layers: readonly PulledLayer[]): Promise<PulledModel["texts"]> {
  const texts = layers.filter(({ role }) => !weightRoles.has(role));
  return Promise.all(
    texts.map(async ({ role, digest }) => ({ role, bytes: await readFile(blobs.pathOf(digest)) })),
  );
}

async function pullFile(
  context: PullContext,
  file: PlannedFile,
  { feed, holds, signal }: PullRun,
): Promise<string> {
  const { key, digest: expected, remote } = file;
  const status = `pulling ${expected === undefined ? remote.label : shortDigest(expected)}`;
  const total = remote.bytes;
  const listener = {
    onProgress: (completed: number) => feed.push({ type: "progress", digest: key, status, total, completed }),
    onStatus: (text: string) => feed.push({ type: "status", status: text }),
  };
  const digest = await context.fetches.join(
    key,
    (everyone, shared) => {
      const onProgress = throttle(context.clock, everyone.onProgress);
      const { blobs, slots, timing } = context;
      return fetchBlob(file, { ...timing, blobs, slots, signal: shared, ...everyone, onProgress });
    },
    listener,
    signal,
  );
  if (expected === undefined) holds.use(await context.blobs.hold([digest]));
  await checkSize(context.blobs, remote, digest);
  listener.onProgress(total);
  return digest;
}

/** Whoever asked for the blob first may have been told another size. */
async function checkSize(blobs: BlobStore, { label, bytes }: RemoteFile, digest: string): Promise<void> {
  const found = await blobs.size(digest);
  if (found === bytes) return;
  if (found === undefined)
    throw new AppError("conflict", `${label} was removed while it was pulled; pull again`);
  const message = `${label} has ${found} bytes, but ${bytes} were announced; the model was not pulled`;
  throw new AppError("download_failed", message);
}

function throttle(clock: Clock, report: (bytes: number) => void): (bytes: number) => void {
  let lastMs = Number.NEGATIVE_INFINITY;
  return (bytes) => {
    const now = clock.nowMs();
    if (now - lastMs < progressIntervalMs) return;
    lastMs = now;
    report(bytes);
  };
}

/** Timers of the clock do not: without this the program could end while a pull waits to try again. */
function keepProgramAlive(): Disposable {
  const timer = setInterval(() => undefined, longTimerMs);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

function formatOrigin(reference: ModelReference): string {
  return reference.kind === "url" ? reference.url.replace(/\?.*$/s, "") : formatReference(reference);
}

/**
 * Events as lines of JSON in files of this machine: never sent anywhere. Lines wait in memory and are appended in
 * batches, so that nobody waits for the disk; what cannot be written is dropped and counted.
 */
import { appendFile, chmod, mkdir, rename, stat } from "node:fs/promises";
import { join } from "node:path";
import { nextTurn } from "../base/index.ts";

/** Of every line; grows when a field changes its meaning. */
export const telemetrySchemaVersion = 1;
/** Events that wait to be written; later ones are dropped. */
export const maxWaitingEvents = 4_096;
/** Of one file; then it is renamed to `events-1.jsonl` and a new one begun. */
const defaultMaxFileBytes = 16 * 1024 * 1024;
/** Files that stay beside the one that is written; the oldest goes. */
const defaultMaxOldFiles = 4;

export type TelemetryEvents = {
  readonly context_augmented: {
    readonly agent_type: string;
    readonly context_count: number;
    readonly collections: readonly string[];
  };
  readonly interaction_tracked: {
    readonly interaction_id: string;
    readonly agent_type: string;
    readonly model_used: string;
    readonly tokens_used: number;
    readonly latency_ms: number;
    readonly context_count: number;
  };
  readonly context_search: { readonly collection: string; readonly results: number; readonly mode: string };
  readonly pattern_extraction: {
    readonly interaction_id: string;
    /** `added`, `merged`, or why there is none. */
    readonly result: string;
  };
  readonly value_score_computed: {
    readonly interaction_id: string;
    readonly value_score: number;
    readonly terms: Readonly<Record<string, number>>;
    readonly outcome: string;
  };
  readonly fine_tuning_update: { readonly dataset_id: string; readonly samples: number };
  readonly route_decided: {
    readonly interaction_id: string;
    readonly route: string;
    readonly rule: string;
    readonly model: string;
  };
  readonly cache_served: {
    readonly interaction_id: string;
    readonly kind: string;
    readonly similarity: number | null;
    readonly tokens: number;
  };
};

export type TelemetryStats = {
  /** Since the process started. */
  readonly written: number;
  readonly dropped: number;
  /** Milliseconds since 1970; absent until the first event. */
  readonly lastEventAtMs?: number;
};

export type Telemetry = {
  /** Never throws, and returns at once. */
  tell<Name extends keyof TelemetryEvents>(name: Name, payload: TelemetryEvents[Name]): void;
  /** Resolves once what was told before is written or dropped. */
  flush(): Promise<void>;
  stats(): TelemetryStats;
};

export type TelemetryOptions = {
  /** Made where it is not there. */
  readonly folder: string;
  readonly now: () => number;
  /** Told once for each batch that could not be written. */
  readonly onFault: (error: unknown, dropped: number) => void;
  readonly maxFileBytes?: number;
  readonly maxOldFiles?: number;
};

/** Where nothing is to be written. */
export const silentTelemetry: Telemetry = {
  tell: () => undefined,
  flush: async () => undefined,
  stats: () => ({ written: 0, dropped: 0 }),
};

export function createTelemetry(options: TelemetryOptions): Telemetry {
  const file = createRotatingFile(options);
  const waiting: string[] = [];
  const counts = { written: 0, dropped: 0 };
  let lastEventAtMs: number | undefined;
  let writing: Promise<void> | undefined;

  async function write(): Promise<void> {
    while (waiting.length > 0) {
      const lines = waiting.splice(0);
      try {
        await file.append(`${lines.join("\n")}\n`);
        counts.written += lines.length;
      } catch (error) {
        counts.dropped += lines.length;
        options.onFault(error, lines.length);
      }
    }
    writing = undefined;
  }
  return {
    tell(name, payload) {
      if (waiting.length >= maxWaitingEvents) {
        counts.dropped++;
        return;
      }
      lastEventAtMs = options.now();
      waiting.push(
        JSON.stringify({
          timestamp: new Date(lastEventAtMs).toISOString(),
          ...{ event_type: name, schema_version: telemetrySchemaVersion, ...payload },
        }),
      );
      writing ??= nextTurn().then(write);
    },
    flush: async () => await writing,
    stats: () => ({ ...counts, ...(lastEventAtMs !== undefined && { lastEventAtMs }) }),
  };
}

type FileOptions = Pick<TelemetryOptions, "folder" | "maxFileBytes" | "maxOldFiles">;

function createRotatingFile({
  folder,
  maxFileBytes = defaultMaxFileBytes,
  maxOldFiles = defaultMaxOldFiles,
}: FileOptions) {
  const current = join(folder, "events.jsonl");
  const oldFile = (age: number) => join(folder, `events-${age}.jsonl`);
  let bytes: number | undefined;

  async function open(): Promise<number> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await appendFile(current, "", { mode: 0o600 });
    await chmod(current, 0o600);
    return (await stat(current)).size;
  }
  async function rotate(): Promise<void> {
    for (let age = maxOldFiles - 1; age >= 1; age--) await renameIfThere(oldFile(age), oldFile(age + 1));
    await renameIfThere(current, oldFile(1));
  }
  return {
    async append(text: string): Promise<void> {
      bytes ??= await open();
      if (bytes > 0 && bytes + Buffer.byteLength(text) > maxFileBytes) {
        await rotate();
        bytes = await open();
      }
      try {
        await appendFile(current, text, { mode: 0o600 });
        bytes += Buffer.byteLength(text);
      } catch (error) {
        bytes = undefined;
        throw error;
      }
    },
  };
}

async function renameIfThere(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}

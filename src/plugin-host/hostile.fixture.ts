import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { readPrivateMemoryBytes } from "../process/index.ts";
import { systemClock } from "../resilience/index.ts";
import { childrenOf, createTemporaryFolder, type HostileModule, writeGuest } from "../testing/index.ts";
import { toSpec } from "./guest-spec.ts";
import type { JobEnd } from "./job.ts";
import type { Limits } from "./limits.ts";
import { createPool, type Pool } from "./pool.ts";
import type { CallOptions, GuestSpec, HostCall, HostCallResult } from "./protocol.ts";

/** Small enough for tests, large enough for what behaves. */
export const testLimits: Partial<Limits> = {
  timeoutMs: 400,
  loadTimeoutMs: 10_000,
  memoryBytes: 16 * 1_048_576,
  blockBytes: 16 * 1_048_576,
};

/** For what is to end before its deadline, on a busy machine too. */
export const patience: Partial<Limits> = { timeoutMs: 10_000 };

/** Answers with its input. */
export const echoModule = writeGuest({
  functions: [
    {
      code: ({ host }) => [host("input_offset"), host("input_length"), host("output_set")],
    },
  ],
});

export type ArenaCall = NonNullable<HostileModule["call"]> & {
  readonly ask?: (call: HostCall) => Promise<HostCallResult>;
  readonly signal?: AbortSignal;
  readonly isSuspect?: boolean;
  readonly sha256?: string;
};

/** A pool whose plugins share one process, with the means to see what is left of them. */
export type Arena = AsyncDisposable & {
  readonly pool: Pool;
  readonly restarts: readonly (string | undefined)[];
  /** A file in the arena's folder. */
  place(name: string, bytes: Uint8Array): string;
  specOf(name: string, bytes: Uint8Array, call?: ArenaCall): GuestSpec;
  run(name: string, bytes: Uint8Array, call?: ArenaCall): Promise<JobEnd>;
  /** A plugin that behaves; throws where it is not answered. */
  echo(text?: string): Promise<void>;
  pids(): readonly number[];
  /** Memory that its processes made themselves. */
  memoryBytes(): number;
};

export function createArena({ hosts = 1 }: { readonly hosts?: number } = {}): Arena {
  const folder = createTemporaryFolder();
  const restarts: (string | undefined)[] = [];
  const before = new Set(childrenOf(process.pid));
  const pool = createPool({ hosts, clock: systemClock, onRestart: (plugin) => restarts.push(plugin) });
  const pids = () => childrenOf(process.pid).filter((pid) => !before.has(pid));

  function place(name: string, bytes: Uint8Array): string {
    const path = folder.file(`${name.replaceAll(/[^a-z0-9]+/gi, "-").slice(0, 100)}.wasm`);
    writeFileSync(path, bytes);
    return path;
  }
  function specOf(name: string, bytes: Uint8Array, call: ArenaCall = {}): GuestSpec {
    const { grants = {}, limits = {}, config = {} } = call;
    const sha256 = call.sha256 ?? createHash("sha256").update(bytes).digest("hex");
    const values = Object.entries(config).map(([key, value]) => [key, { value }] as const);
    const record = { name, path: place(name, bytes), sha256, grants, config: Object.fromEntries(values) };
    const rest = { source: "test", isEmbedded: false, isEnabled: true, addedAtMs: 0 };
    return toSpec({ ...record, ...rest, limits: { ...testLimits, ...limits } }, () => undefined);
  }
  async function run(name: string, bytes: Uint8Array, call: ArenaCall = {}): Promise<JobEnd> {
    const options: CallOptions = {
      export: call.export ?? "run",
      input: call.input ?? "",
      json: call.json ?? false,
    };
    return await pool.run({
      spec: specOf(name, bytes, call),
      options,
      ask: call.ask ?? answerNothing,
      isSuspect: call.isSuspect ?? false,
      ...(call.signal && { signal: call.signal }),
    });
  }
  return {
    pool,
    restarts,
    place,
    specOf,
    run,
    async echo(text = "still here") {
      const end = await run("echo", echoModule, { input: text, json: true, limits: patience });
      if (!end.ok || end.output !== text) throw new Error(`the neighbour said ${JSON.stringify(end)}`);
    },
    pids,
    memoryBytes: () => pids().reduce((sum, pid) => sum + (readPrivateMemoryBytes(pid) ?? 0), 0),
    async [Symbol.asyncDispose]() {
      await pool.stop();
      folder[Symbol.dispose]();
    },
  };
}

async function answerNothing(): Promise<HostCallResult> {
  return { ok: true, value: undefined };
}

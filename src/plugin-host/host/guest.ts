import { createHash } from "node:crypto";
import { systemClock } from "../../resilience/index.ts";
import { PluginFailure } from "../failure.ts";
import type { CallOptions, GuestSpec, HostCall, HostReport, ModuleFacts } from "../protocol.ts";
import { prepareModule } from "../wasm/prepare-module.ts";
import { type CallState, createCallState } from "./call-state.ts";
import type { Outcome } from "./extism-functions.ts";
import { type Circuits, createCircuits, withCircuits } from "./http/circuits.ts";
import type { HttpClient } from "./http/client.ts";
import { createHttpClient } from "./http/http-client.ts";
import { createRecordedClient } from "./http/recorded-client.ts";
import { type Compiled, createInstance, type Instance, type Visit } from "./instance.ts";
import { nameFailure } from "./name-failure.ts";
import { offeredImports } from "./offered.ts";
import { decodeOutput } from "./output.ts";

/** Instances that have been set back and wait for a call. */
const maxIdleInstances = 2;

/** What a call asks of the host's main loop. */
export type CallLinks = Pick<CallState, "log" | "resumed"> & {
  waiting(memoryBytes: number): void;
  ask(call: HostCall): Promise<Uint8Array | string | undefined>;
  /** Takes the means to end the call while it waits. */
  onStart(state: CallState): void;
};

export type GuestResult =
  | { readonly output: Uint8Array | string }
  | { readonly failure: ReturnType<typeof nameFailure> };

export type CallEnd = {
  readonly result: GuestResult;
  readonly report: HostReport;
  /** Memory of an instance that was let go. */
  readonly droppedBytes: number;
};

/** A plugin that has been compiled. No call sees anything of another: instances are set back, or made anew. */
export type Guest = {
  readonly facts: ModuleFacts;
  call(options: CallOptions, links: CallLinks): Promise<CallEnd>;
};

/** Reads, checks, compiles and starts a plugin. Throws PluginFailure. */
export async function loadGuest(spec: GuestSpec): Promise<Guest> {
  const startedMs = performance.now();
  const compiled = await compile(spec);
  const { prepared } = compiled;
  const idle: Instance[] = [await start(spec, compiled)];
  const circuits = createCircuits(systemClock);
  return {
    facts: {
      exports: prepared.exports,
      imports: prepared.imports.map(({ module, name }) => `${module} ${name}`),
      isResettable: prepared.isResettable,
      loadMs: performance.now() - startedMs,
    },
    async call(options, links) {
      const calledMs = performance.now();
      const instance = idle.pop() ?? (await start(spec, compiled));
      const waiting = () => links.waiting(instance.memoryBytes());
      const visit = createVisit(spec, options, { ...links, waiting, circuits });
      links.onStart(visit.state);
      const result = await answer(instance, spec, options, visit);
      const report = {
        durationMs: performance.now() - calledMs,
        memoryBytes: instance.memoryBytes(),
      };
      const isKept = "output" in result && idle.length < maxIdleInstances && instance.reset();
      if (isKept) idle.push(instance);
      return { result, report, droppedBytes: isKept ? 0 : report.memoryBytes };
    },
  };
}

async function compile(spec: GuestSpec): Promise<Compiled> {
  const bytes = await readModule(spec);
  const prepared = prepareModule(bytes, { limits: spec.limits, offered: offeredImports });
  try {
    return { prepared, module: await WebAssembly.compile(prepared.bytes) };
  } catch (cause) {
    throw new PluginFailure("module_invalid", "it is no valid WebAssembly module", { cause });
  }
}

/** The file must still be the one that was added. */
async function readModule({ path, sha256, limits }: GuestSpec): Promise<Uint8Array> {
  let bytes: Uint8Array;
  try {
    // Bun's own files reach those inside the executable too.
    const file = Bun.file(path);
    if (file.size > limits.moduleBytes) {
      throw new PluginFailure("module_too_large", `its file is larger than ${limits.moduleBytes} bytes`);
    }
    bytes = await file.bytes();
  } catch (cause) {
    if (cause instanceof PluginFailure) throw cause;
    throw new PluginFailure("plugin_changed", "its file cannot be read any more; add it again", { cause });
  }
  if (createHash("sha256").update(bytes).digest("hex") === sha256) return bytes;
  throw new PluginFailure("plugin_changed", "its file is not the one that was added; add it again");
}

/** While a guest starts there is no caller: nothing that asks the server or the network is possible. */
async function start(spec: GuestSpec, compiled: Compiled): Promise<Instance> {
  const refuse = () =>
    Promise.reject(new PluginFailure("not_granted", "it asked the host for something while it started"));
  const state = createCallState({
    limits: spec.limits,
    grants: {},
    config: {},
    ask: refuse,
    // Nobody asked for what is said before the first call.
    log: () => undefined,
    waiting: () => undefined,
    resumed: () => undefined,
  });
  try {
    return await createInstance(compiled, spec.limits, { state, http: { request: refuse } });
  } catch (error) {
    const { code, message } = nameFailure(error, { state, limits: spec.limits });
    throw new PluginFailure(code, `while it started: ${message}`);
  }
}

function createVisit(
  { limits, grants, config }: GuestSpec,
  options: CallOptions,
  {
    circuits,
    ...links
  }: Pick<CallState, "ask" | "log" | "waiting" | "resumed"> & { readonly circuits: Circuits },
): Visit {
  const state = createCallState({ limits, grants, config, ...links });
  const access = { hosts: grants.http?.hosts ?? [], allowPrivate: grants.privateNetwork === true, limits };
  // Most calls make no request, and pay nothing for that they could.
  const open = () =>
    options.recorded
      ? createRecordedClient(options.recorded, access)
      : withCircuits(createHttpClient(access), circuits);
  let client: HttpClient | undefined;
  const request: HttpClient["request"] = (...asked) => {
    client ??= open();
    return client.request(...asked);
  };
  return { state, http: { request } };
}

async function answer(
  instance: Instance,
  { limits }: GuestSpec,
  options: CallOptions,
  visit: Visit,
): Promise<GuestResult> {
  try {
    const outcome = await instance.run(options.export, options.input, visit);
    if (visit.state.violation) throw visit.state.violation;
    return { output: takeOutput(instance, outcome, options) };
  } catch (error) {
    const said = instance.reportedError();
    const isOutOfMemory = instance.isOutOfMemory();
    return { failure: nameFailure(error, { state: visit.state, limits, isOutOfMemory, said }) };
  }

  function takeOutput(
    { kernel }: Instance,
    { output, error }: Outcome,
    { json, maxValues = Number.POSITIVE_INFINITY }: CallOptions,
  ): Uint8Array | string {
    if (error !== undefined)
      throw new PluginFailure("plugin_error", error === "" ? "it failed and gave no reason" : error);
    if (!output) throw new PluginFailure("output_missing", "it returned and left no output");
    if (output.length > limits.outputBytes) {
      throw new PluginFailure("output_too_large", `its output is larger than ${limits.outputBytes} bytes`);
    }
    const bytes = kernel.block(output.address).subarray(0, output.length);
    return json ? decodeOutput(bytes, { maxDepth: limits.outputDepth, maxValues }) : bytes.slice();
  }
}

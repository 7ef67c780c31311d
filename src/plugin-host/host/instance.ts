import { createPlugin } from "@extism/extism";
import { PluginFailure } from "../failure.ts";
import type { Limits } from "../limits.ts";
import type { PreparedModule } from "../wasm/prepare-module.ts";
import { extismModule, wasiModule } from "../wasm/reserved-names.ts";
import { type AsyncGuestFunction, createAskingFunctions } from "./asking-functions.ts";
import { addLog, type CallState } from "./call-state.ts";
import { findFunction, type GuestExports, promising } from "./engine-globals.ts";
import { createExtismFunctions, type GuestFunction, type Outcome } from "./extism-functions.ts";
import type { HttpClient } from "./http/client.ts";
import { createKernel, type Kernel } from "./kernel.ts";
import { userModule } from "./offered.ts";
import { createSnapshot, type Snapshot } from "./snapshot.ts";
import { createWasi } from "./wasi.ts";

/** A guest that has grown past this share of its memory when it traps has run out of it. */
const fullShare = 7 / 8;

type HostFunction = GuestFunction | AsyncGuestFunction;

export type Compiled = { readonly prepared: PreparedModule; readonly module: WebAssembly.Module };

/** What one call brings to the instance that answers it. */
export type Visit = { readonly state: CallState; readonly http: HttpClient };

/** A guest that has been started and answers one call at a time. */
export type Instance = {
  readonly kernel: Kernel;
  /** Runs an export; what it leaves is read before the next run. Throws what the guest throws. */
  run(name: string, input: Uint8Array | string, visit: Visit): Promise<Outcome>;
  /** What the guest said went wrong in the run that is, or was last. */
  reportedError(): string | undefined;
  /** Linear memory, and the memory shared with the host. */
  memoryBytes(): number;
  /** Whether it has taken nearly all the linear memory that it may, and not only begun with it. */
  isOutOfMemory(): boolean;
  /** As it was before its first call; false where that is not possible any more. */
  reset(): boolean;
};

/** Instantiates a guest through Extism and runs its start functions, which Extism must not do: they may never end. */
export async function createInstance(
  { prepared, module }: Compiled,
  limits: Limits,
  starting: Visit,
): Promise<Instance> {
  const kernel = createKernel(limits);
  let seat = { kernel, ...starting, input: kernel.store(""), outcome: {} as Outcome };
  const asking = createAskingFunctions(() => seat);
  const functions = {
    [extismModule]: { ...createExtismFunctions(() => seat), ...asking.extism },
    [userModule]: asking.user,
    [wasiModule]: prepared.usesWasi ? createWasiFunctions() : {},
  };
  const plugin = await createPlugin(
    { wasm: [{ module, name: "main" }] },
    { functions: onlyImported(functions, prepared), config: {}, logLevel: "silent" },
  );
  const { exports } = await plugin.getInstance();
  const suspends = prepared.imports.some(
    ({ name, module: from }) => from === userModule || name === "http_request",
  );

  function createWasiFunctions() {
    const wasi = createWasi({
      memory: () => memoryOf(exports, prepared),
      log: (text) => addLog(seat.state, "info", text, text.length),
      exit: (code) => {
        throw new PluginFailure("exit", `it ended itself with code ${code}`);
      },
    });
    const functions: Record<string, HostFunction> = {};
    for (const [name, run] of Object.entries(wasi)) functions[name] = (_, ...values) => run(...values);
    return functions;
  }
  async function invoke(name: string): Promise<unknown> {
    const run = findFunction(exports, name);
    if (!run) throw notImplemented(name);
    return suspends ? await promising(run)() : run();
  }
  for (const name of prepared.initialisers) await invoke(name);
  const linearBytes = () => memoryOf(exports, prepared)?.buffer.byteLength ?? 0;
  const startedBytes = linearBytes();
  const snapshot: Snapshot | undefined = prepared.isResettable
    ? createSnapshot(exports, prepared)
    : undefined;
  return {
    kernel,
    async run(name, input, visit) {
      kernel.reset();
      if (!prepared.exports.includes(name)) throw notImplemented(name);
      seat = { kernel, ...visit, input: storeInput(kernel, input), outcome: {} };
      const code = await invoke(name);
      const { outcome } = seat;
      const isCode = typeof code === "number" || typeof code === "bigint";
      if (isCode && Number(code) !== 0) outcome.error ??= `it returned the code ${code}`;
      return outcome;
    },
    reportedError: () => seat.outcome.error,
    memoryBytes: () => linearBytes() + kernel.usedBytes,
    isOutOfMemory: () => linearBytes() > startedBytes && linearBytes() >= limits.memoryBytes * fullShare,
    reset() {
      kernel.reset();
      return snapshot?.restore() ?? false;
    },
  };
}

function notImplemented(name: string): PluginFailure {
  return new PluginFailure("plugin_not_implemented", `it has no function ${JSON.stringify(name)}`);
}

/** Its size is the caller's doing, and not the plugin's. */
function storeInput(kernel: Kernel, input: Uint8Array | string): number {
  try {
    return kernel.store(input);
  } catch (cause) {
    const message =
      "the input is larger than the memory that the plugin shares with the host; raise blockBytes";
    throw new PluginFailure("input_too_large", message, { cause });
  }
}

function memoryOf(exports: GuestExports, { memoryExport }: PreparedModule): WebAssembly.Memory | undefined {
  const memory = memoryExport === undefined ? undefined : exports[memoryExport];
  return memory instanceof WebAssembly.Memory ? memory : undefined;
}

/** Extism runs every call of a guest on a stack of its own where any function given is async, which costs. */
function onlyImported(
  functions: Readonly<Record<string, Readonly<Record<string, HostFunction>>>>,
  { imports }: PreparedModule,
): Record<string, Record<string, HostFunction>> {
  const wanted: Record<string, Record<string, HostFunction>> = {};
  for (const { module, name } of imports) {
    const found = functions[module]?.[name];
    if (found === undefined) continue;
    wanted[module] ??= {};
    wanted[module][name] = found;
  }
  return wanted;
}

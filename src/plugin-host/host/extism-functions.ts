import { PluginFailure } from "../failure.ts";
import { addLog, type CallState, checkAlive, countHostCall, requireGrant, violate } from "./call-state.ts";
import type { Kernel } from "./kernel.ts";

/** What a function of the host is for its guest: Extism puts its own context in front of the arguments. */
export type GuestFunction = (context: unknown, ...values: GuestValue[]) => bigint | number | undefined;
export type GuestValue = bigint | number;
/** The state of the call that an instance answers now. */
export type CallSeat = { readonly kernel: Kernel; readonly state: CallState };

const maxErrorCharacters = 4_000;
const logLevels = { trace: 0, debug: 1, info: 2, warn: 3, error: 4 } as const;

/** What the guest left for its caller. */
export type Outcome = { output?: { readonly address: number; readonly length: number }; error?: string };

/**
 * Extism's own functions but for HTTP, each of which checks what it is given: a failure ends the call, whatever the
 * guest makes of the exception.
 */
export function createExtismFunctions(
  seat: () => CallSeat & { readonly input: number; readonly outcome: Outcome },
) {
  const decoder = new TextDecoder();
  const text = (address: GuestValue) => decoder.decode(seat().kernel.block(Number(address)));
  const log =
    (level: keyof typeof logLevels) =>
    (_: unknown, address: GuestValue): undefined => {
      const { kernel, state } = seat();
      const block = kernel.block(Number(address));
      addLog(state, level, decoder.decode(block), block.byteLength);
      kernel.free(Number(address));
    };
  const inputBlock = () => seat().kernel.block(seat().input);

  return guardAll(seat, {
    alloc: (_, size) => BigInt(seat().kernel.allocate(Number(size))),
    free: (_, address) => seat().kernel.free(Number(address)),
    length: (_, address) => BigInt(seat().kernel.lengthOf(Number(address))),
    length_unsafe: (_, address) => BigInt(seat().kernel.lengthOf(Number(address))),
    load_u8: (_, address) => seat().kernel.loadByte(Number(address)),
    load_u64: (_, address) => seat().kernel.loadWord(Number(address)),
    store_u8: (_, address, value) => seat().kernel.storeByte(Number(address), Number(value)),
    store_u64: (_, address, value) => seat().kernel.storeWord(Number(address), BigInt(value)),
    input_offset: () => BigInt(seat().input),
    input_length: () => BigInt(inputBlock().byteLength),
    input_load_u8: (_, offset) => {
      const { kernel, input } = seat();
      checkRange(Number(offset), 1, kernel.lengthOf(input));
      return kernel.loadByte(input + Number(offset));
    },
    input_load_u64: (_, offset) => {
      const { kernel, input } = seat();
      checkRange(Number(offset), 8, kernel.lengthOf(input));
      return kernel.loadWord(input + Number(offset));
    },
    output_set(_, address, length) {
      const { kernel, outcome } = seat();
      const block = kernel.block(Number(address));
      checkRange(0, Number(length), block.byteLength);
      outcome.output = { address: Number(address), length: Number(length) };
    },
    error_set(_, address) {
      if (Number(address) === 0) delete seat().outcome.error;
      else seat().outcome.error = text(address).slice(0, maxErrorCharacters);
    },
    error_get: () => {
      const { kernel, outcome } = seat();
      return outcome.error === undefined ? 0n : BigInt(kernel.store(outcome.error));
    },
    config_get(_, address) {
      const { kernel, state } = seat();
      const key = text(address);
      kernel.free(Number(address));
      requireGrant(state, state.grants.config?.keys.includes(key) === true, `the config key ${quote(key)}`);
      const value = Object.hasOwn(state.config, key) ? state.config[key] : undefined;
      return value === undefined ? 0n : BigInt(kernel.store(value));
    },
    var_get(_, address) {
      const { kernel, state } = seat();
      countHostCall(state);
      const value = state.variables.get(text(address));
      return value === undefined ? 0n : BigInt(kernel.store(value));
    },
    var_set(_, address, valueAddress) {
      const { kernel, state } = seat();
      countHostCall(state);
      setVariable(
        state,
        text(address),
        Number(valueAddress) === 0 ? undefined : kernel.block(Number(valueAddress)),
      );
    },
    log_trace: log("trace"),
    log_debug: log("debug"),
    log_info: log("info"),
    log_warn: log("warn"),
    log_error: log("error"),
    get_log_level: () => logLevels.debug,
  });
}

type Raw = (context: unknown, first: GuestValue, second: GuestValue) => unknown;

/** Anything that a function throws ends the call, named after its cause where the guest caused it. */
export function guardAll(
  seat: () => CallSeat,
  functions: Readonly<Record<string, Raw>>,
): Readonly<Record<string, GuestFunction>> {
  const guard =
    (run: Raw): GuestFunction =>
    (context, first = 0n, second = 0n) => {
      const { state } = seat();
      checkAlive(state);
      try {
        const result = run(context, first, second);
        return typeof result === "bigint" || typeof result === "number" ? result : undefined;
      } catch (error) {
        if (error instanceof PluginFailure) violate(state, error);
        violate(state, { code: "bad_pointer", message: "it gave the host something it cannot use" }, error);
      }
    };
  const guarded: Record<string, GuestFunction> = {};
  for (const [name, run] of Object.entries(functions)) guarded[name] = guard(run);
  return guarded;
}

function setVariable(state: CallState, name: string, value: Uint8Array | undefined): void {
  const size = (content: Uint8Array | undefined) => (content ? content.byteLength + name.length * 2 : 0);
  const bytes = state.variableBytes - size(state.variables.get(name)) + size(value);
  if (bytes > state.limits.varBytes) {
    throw new PluginFailure("var_limit", `it kept more than ${state.limits.varBytes} bytes in variables`);
  }
  state.variableBytes = bytes;
  if (value) state.variables.set(name, value.slice());
  else state.variables.delete(name);
}

function checkRange(offset: number, size: number, length: number): void {
  if (offset >= 0 && size >= 0 && offset + size <= length) return;
  throw new PluginFailure(
    "bad_pointer",
    `it gave the host a range that ends outside its block of ${length} bytes`,
  );
}

/** Text of a guest, in a message. */
export function quote(text: string): string {
  return JSON.stringify(text.slice(0, 100));
}

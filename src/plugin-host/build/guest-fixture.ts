/** The functions of the host in a few lines, so that what the SDK does is seen without the sandbox around it. */
import type { RecordedExchange } from "../protocol.ts";

export type Guest = {
  /** Throws what the guest reported, or the trap with what it logged. */
  call(name: string, input: Uint8Array | string): Uint8Array;
  callText(name: string, input: string): string;
  readonly logs: readonly string[];
  readonly imports: readonly string[];
};

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });
const blockBits = 32n;
const maxMemoryBytes = 32 * 1024 * 1024;

/** Calls share an instance, which the sandbox would set back between them. */
export function createGuest(
  bytes: Uint8Array<ArrayBuffer>,
  options: {
    readonly config?: Readonly<Record<string, string>>;
    readonly http?: readonly RecordedExchange[];
    readonly user?: (name: string, ...texts: readonly string[]) => string | undefined;
  } = {},
): Guest {
  const module = new WebAssembly.Module(bytes);
  const blocks = new Map<number, Uint8Array>();
  const logs: string[] = [];
  const store = new Map<string, Uint8Array>();
  let input = new Uint8Array();
  let output: Uint8Array | undefined;
  let error: string | undefined;
  let next = 1;
  let answer: RecordedExchange["response"] | undefined;

  function block(address: bigint): Uint8Array {
    const found = blocks.get(Number(address >> blockBits));
    if (!found) throw new Error(`there is no block ${address}`);
    return found;
  }
  const offset = (address: bigint) => Number(address & ((1n << blockBits) - 1n));
  const view = (of: Uint8Array) => new DataView(of.buffer, of.byteOffset, of.byteLength);
  function make(content: Uint8Array): bigint {
    blocks.set(next, content);
    return BigInt(next++) << blockBits;
  }
  const text = (address: bigint) => decoder.decode(block(address));
  const makeText = (value: string | undefined) => (value === undefined ? 0n : make(encoder.encode(value)));
  const log = (address: bigint) => void logs.push(text(address));

  const env: Record<string, CallableFunction> = {
    input_length: () => BigInt(input.length),
    input_load_u8: (at: bigint) => view(input).getUint8(Number(at)),
    input_load_u64: (at: bigint) => view(input).getBigUint64(Number(at), true),
    output_set: (address: bigint, length: bigint) => {
      output = block(address).slice(0, Number(length));
    },
    error_set: (address: bigint) => {
      error = text(address);
    },
    alloc: (length: bigint) => make(new Uint8Array(Number(length))),
    free: (address: bigint) => void blocks.delete(Number(address >> blockBits)),
    length: (address: bigint) => BigInt(block(address).length),
    load_u8: (address: bigint) => view(block(address)).getUint8(offset(address)),
    load_u64: (address: bigint) => view(block(address)).getBigUint64(offset(address), true),
    store_u8: (address: bigint, value: number) => view(block(address)).setUint8(offset(address), value),
    store_u64: (address: bigint, value: bigint) =>
      view(block(address)).setBigUint64(offset(address), value, true),
    config_get: (key: bigint) => makeText(options.config?.[text(key)]),
    var_get: (key: bigint) => {
      const found = store.get(text(key));
      return found ? make(found) : 0n;
    },
    var_set: (key: bigint, value: bigint) => void store.set(text(key), block(value)),
    log_trace: log,
    log_debug: log,
    log_info: log,
    log_warn: log,
    log_error: log,
    http_request: (request: bigint) => {
      const { method, url } = JSON.parse(text(request));
      answer = options.http?.find(
        (entry) => entry.request.method === method && entry.request.url === url,
      )?.response;
      if (!answer) throw new Error(`no answer is recorded for ${method} ${url}`);
      return makeText(answer.body);
    },
    http_status_code: () => answer?.status ?? 0,
    http_headers: () => makeText(JSON.stringify(answer?.headers ?? {})),
  };
  const user = Object.fromEntries(
    ["kv_get", "kv_set", "kv_delete", "kv_list", "generate", "embed", "sql"].map((name) => [
      name,
      (...values: bigint[]) => makeText(options.user?.(name, ...values.map(text))),
    ]),
  );
  function instantiate(): WebAssembly.Instance {
    return new WebAssembly.Instance(module, { "extism:host/env": env, "extism:host/user": user });
  }
  let instance = instantiate();

  function call(name: string, given: Uint8Array | string): Uint8Array {
    // Nothing is freed in it, and after a trap it is in no state that is known.
    const memory = instance.exports.memory as WebAssembly.Memory;
    if (error !== undefined || memory.buffer.byteLength > maxMemoryBytes) instance = instantiate();
    input = typeof given === "string" ? encoder.encode(given) : new Uint8Array(given);
    output = undefined;
    error = undefined;
    blocks.clear();
    const run = instance.exports[name] as () => number;
    let code: number;
    try {
      code = run();
    } catch (cause) {
      error ??= "trap";
      throw new Error(error, { cause });
    }
    if (code !== 0) throw new Error(error ?? `code ${code}`);
    if (!output) throw new Error("there is no output");
    return output;
  }
  return {
    call,
    callText: (name, given) => decoder.decode(call(name, given)),
    logs,
    imports: WebAssembly.Module.imports(module).map((entry) => `${entry.module}/${entry.name}`),
  };
}

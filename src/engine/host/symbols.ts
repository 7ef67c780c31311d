import { dlopen, FFIType, type Pointer, toArrayBuffer } from "bun:ffi";
import { join } from "node:path";
import { AppError, type ErrorCode } from "../../base/index.ts";

/** Pointers stay inside this folder. */
export type NativePointer = Pointer | bigint;

const { i32, u32, i64_fast: length, ptr, void: none } = FFIType;
const text = [ptr, length] as const;

/** The shim's ABI. `text` stands for a pointer to bytes and their number; a negative result is a failure. */
const signatures = {
  hearth_init: { args: [...text], returns: i32 },
  hearth_die_with_parent: { args: [], returns: none },
  hearth_default_threads: { args: [], returns: i32 },
  hearth_error_kind: { args: [], returns: i32 },
  hearth_error: { args: [], returns: ptr },
  hearth_error_length: { args: [], returns: length },
  hearth_text: { args: [], returns: ptr },
  hearth_devices: { args: [], returns: length },
  hearth_model_load: { args: [...text, i32], returns: ptr },
  hearth_model_free: { args: [ptr], returns: none },
  hearth_model_describe: { args: [ptr], returns: length },
  hearth_tokenize: { args: [ptr, ...text, i32, i32], returns: length },
  hearth_piece: { args: [ptr, i32, i32], returns: length },
  hearth_detokenize: { args: [ptr, ptr, i32], returns: length },
  hearth_threads_new: { args: [i32], returns: ptr },
  hearth_threads_free: { args: [ptr], returns: none },
  hearth_context_new: { args: [ptr, ptr, u32, u32, u32, u32, i32], returns: ptr },
  hearth_context_free: { args: [ptr], returns: none },
  hearth_context_kv_tokens: { args: [ptr], returns: u32 },
  hearth_context_memory: { args: [ptr], returns: length },
  hearth_context_set_threads: { args: [ptr, i32], returns: none },
  hearth_context_adapt: { args: [ptr, i32, ptr, ptr], returns: i32 },
  hearth_adapter_load: { args: [ptr, ...text], returns: i32 },
  hearth_decode: { args: [ptr, i32, ptr, ptr, ptr, ptr], returns: i32 },
  hearth_sequence_remove: { args: [ptr, i32, i32, i32], returns: i32 },
  hearth_sequence_copy: { args: [ptr, i32, i32, i32, i32], returns: i32 },
  hearth_state_size: { args: [ptr, i32], returns: length },
  hearth_state_save: { args: [ptr, i32, ptr, length], returns: length },
  hearth_state_restore: { args: [ptr, i32, ptr, length], returns: i32 },
  hearth_embed_new: { args: [ptr, ptr, i32], returns: ptr },
  hearth_embed_free: { args: [ptr], returns: none },
  hearth_embed_set_threads: { args: [ptr, i32], returns: none },
  hearth_embed_adapt: { args: [ptr, i32, ptr, ptr], returns: i32 },
  hearth_embed: { args: [ptr, i32, ptr, ptr, ptr], returns: i32 },
  hearth_sampler_new: { args: [ptr, ...text], returns: i32 },
  hearth_sampler_free: { args: [i32], returns: none },
  hearth_sampler_accept_prompt: { args: [i32, ptr, i32], returns: i32 },
  hearth_sample: { args: [ptr, i32, ptr, ptr, ptr], returns: i32 },
  hearth_sampler_failure: { args: [i32], returns: length },
  hearth_sampler_record: { args: [i32, i32, ptr, ptr, ptr], returns: i32 },
  hearth_raw_record: { args: [ptr, i32, i32, i32, ptr, ptr, ptr], returns: i32 },
  hearth_chat_new: { args: [ptr, ...text], returns: ptr },
  hearth_chat_free: { args: [ptr], returns: none },
  hearth_chat_describe: { args: [ptr], returns: length },
  hearth_chat_render: { args: [ptr, ...text], returns: length },
  hearth_schema_to_grammar: { args: [...text], returns: length },
  hearth_rerank_tokens: { args: [ptr, ...text, ...text], returns: length },
  hearth_answer_new: { args: [...text], returns: ptr },
  hearth_answer_free: { args: [ptr], returns: none },
  hearth_answer_parse: { args: [ptr, ...text, i32], returns: length },
} as const;

const opened = new Map<string, Native>();

/** Loads the shim from its folder, and through it llama.cpp and the backends that lie beside it; each folder once. */
export function openNative(libraryDir: string): Native {
  const native = opened.get(libraryDir) ?? openFolder(libraryDir);
  opened.set(libraryDir, native);
  return native;
}

function openFolder(libraryDir: string) {
  const file = join(libraryDir, `libhearth.${process.platform === "darwin" ? "dylib" : "so"}`);
  const { symbols } = openLibrary(file);

  function fail(): never {
    const message = readText(symbols.hearth_error(), Number(symbols.hearth_error_length()));
    throw new AppError(errorCodes[symbols.hearth_error_kind()] ?? "server_error", message);
  }
  /** Turns a negative result into an AppError. */
  function check(result: number | bigint): number {
    return result < 0 ? fail() : Number(result);
  }
  function checkPointer(result: NativePointer | null): NativePointer {
    return result ?? fail();
  }
  /** A copy of what the last call left, which had this many bytes. */
  function takeBytes(size: number | bigint): Uint8Array<ArrayBuffer> {
    const bytes = check(size);
    return bytes === 0 ? new Uint8Array() : new Uint8Array(view(symbols.hearth_text(), bytes).slice(0));
  }
  function takeText(size: number | bigint): string {
    return readText(symbols.hearth_text(), check(size));
  }

  const dir = encodeText(libraryDir);
  check(symbols.hearth_init(dir, dir.length));
  return { symbols, check, checkPointer, takeBytes, takeText };
}

export type Native = ReturnType<typeof openFolder>;

/** UTF-8 bytes to pass with their number; never an empty array, whose address would be null. */
export function encodeText(text: string): Uint8Array {
  return text === "" ? emptyText : Buffer.from(text);
}

/** What `length` to pass with `encodeText`. */
export function textLength(text: string, bytes: Uint8Array): number {
  return text === "" ? 0 : bytes.length;
}

/** An array to pass; an empty one has no address. */
export function addressable<Values extends Int32Array | Float32Array>(values: Values): Values | Int32Array {
  return values.length === 0 ? emptyNumbers : values;
}

const emptyNumbers = new Int32Array(1);
const emptyText = new Uint8Array(1);

const errorCodes: Readonly<Record<number, ErrorCode>> = {
  1: "invalid_request",
  2: "model_load_failed",
  3: "inference_error",
  4: "out_of_memory",
};

function openLibrary(file: string) {
  try {
    return dlopen(file, signatures);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AppError("model_load_failed", `the native library ${file} cannot be loaded: ${reason}`, {
      cause,
    });
  }
}

function view(pointer: NativePointer | null, size: number): ArrayBuffer {
  if (pointer === null || typeof pointer === "bigint")
    throw new AppError("server_error", "a native result has no address");
  return toArrayBuffer(pointer, 0, size);
}

function readText(pointer: NativePointer | null, size: number): string {
  return size === 0 ? "" : Buffer.from(view(pointer, size)).toString("utf8");
}

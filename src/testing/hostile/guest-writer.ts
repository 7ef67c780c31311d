import {
  joinWasm,
  type WasmBytes,
  type WasmFunction,
  type WasmParts,
  type WasmType,
  wasmI32Const,
  wasmU32,
  writeWasm,
} from "../wasm-writer.ts";

/*
 * Guests written instruction by instruction. Function indices follow from the imports that a guest turns out to use,
 * so its functions are written twice: once to find those, once with what was found.
 */

type Signature = readonly [params: readonly WasmType[], results: readonly WasmType[]];

const i64 = ["i64"] as const;
const pair = ["i64", "i64"] as const;
const signatures = {
  alloc: [i64, i64],
  free: [i64, []],
  length: [i64, i64],
  length_unsafe: [i64, i64],
  load_u8: [i64, ["i32"]],
  load_u64: [i64, i64],
  store_u8: [["i64", "i32"], []],
  store_u64: [pair, []],
  input_offset: [[], i64],
  input_length: [[], i64],
  input_load_u8: [i64, ["i32"]],
  input_load_u64: [i64, i64],
  output_set: [pair, []],
  error_set: [i64, []],
  error_get: [[], i64],
  config_get: [i64, i64],
  var_get: [i64, i64],
  var_set: [pair, []],
  http_request: [pair, i64],
  http_status_code: [[], ["i32"]],
  http_headers: [[], i64],
  log_info: [i64, []],
  log_error: [i64, []],
  kv_get: [i64, i64],
  kv_set: [pair, []],
  kv_delete: [i64, []],
  kv_list: [i64, i64],
  generate: [i64, i64],
  embed: [i64, i64],
  sql: [i64, i64],
} as const satisfies Readonly<Record<string, Signature>>;

export type HostFunctionName = keyof typeof signatures;

const ownFunctions: ReadonlySet<HostFunctionName> = new Set<HostFunctionName>([
  "kv_get",
  "kv_set",
  "kv_delete",
  "kv_list",
  "generate",
  "embed",
  "sql",
]);

export type Code = readonly WasmBytes[];

/** What the code of a guest is written with. Each gives instructions. */
export type GuestWriter = {
  host(name: HostFunctionName): WasmBytes;
  /** The block that holds this text: an i64 on the stack. */
  text(content: string | Uint8Array): WasmBytes;
  /** Makes this text the output. */
  output(content: string | Uint8Array): WasmBytes;
  /** Calls a function of the guest, by its place in `functions`. */
  own(index: number): WasmBytes;
  /** `ref.func` of a function of the guest. */
  reference(index: number): WasmBytes;
};

export type GuestFunctionCode = {
  readonly params?: readonly WasmType[];
  readonly results?: readonly WasmType[];
  readonly locals?: WasmFunction["locals"];
  readonly code: (writer: GuestWriter) => Code;
};

export type GuestParts = Pick<WasmParts, "tables" | "globals" | "tags" | "customs"> & {
  /** In order; the exports `run` and `judge` are the first unless `exports` say otherwise. */
  readonly functions: readonly GuestFunctionCode[];
  readonly exports?: Readonly<Record<string, number>>;
  /** Place of the start function in `functions`. */
  readonly start?: number;
  readonly memory?: { readonly min: number; readonly max?: number };
  /** Places in `functions` that the first table holds from 0 on. */
  readonly tableFunctions?: readonly number[];
};

export const op = {
  unreachable: 0x00,
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  try: 0x06,
  throw: 0x08,
  end: 0x0b,
  branch: 0x0c,
  branchIf: 0x0d,
  call: 0x10,
  callIndirect: 0x11,
  catchAll: 0x19,
  drop: 0x1a,
  localGet: 0x20,
  localSet: 0x21,
  localTee: 0x22,
  globalGet: 0x23,
  globalSet: 0x24,
  void: 0x40,
} as const;

/** A loop that nothing ends. */
export const endlessLoop: WasmBytes = [op.loop, op.void, op.branch, 0, op.end];

export function i64Const(value: bigint): WasmBytes {
  const bytes = [0x42];
  for (let rest = value; ; ) {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    const isLast = (rest === 0n && (low & 0x40) === 0) || (rest === -1n && (low & 0x40) !== 0);
    bytes.push(isLast ? low : low | 0x80);
    if (isLast) return bytes;
  }
}

/** The code again and again, until it throws or traps. */
export function forever(...code: Code): WasmBytes {
  return joinWasm([[op.loop, op.void], ...code, [op.branch, 0, op.end]]);
}

/** The code, and whatever it throws is swallowed (legacy exception handling). */
export function swallow(...code: Code): WasmBytes {
  return joinWasm([[op.try, op.void], ...code, [op.catchAll, op.end]]);
}

const firstTextAddress = 16;
const scratchPages = 1;

/** A module of these functions; everything in it that a guest needs to speak to its host is added. */
export function writeGuest(parts: GuestParts): Uint8Array<ArrayBuffer> {
  const imports: HostFunctionName[] = [];
  const texts = createTexts();
  const write = () => {
    const writer = createWriter(imports, texts, parts.functions.length);
    return parts.functions.map(({ code, locals = [] }) => ({ locals, body: joinWasm(code(writer)) }));
  };
  write();
  const bodies = write();
  const own = parts.functions.map(({ params = [], results = [] }): Signature => [params, results]);
  const types = [...imports.map((name) => signatures[name]), ...own, copyTextSignature].map(
    ([params, results]) => ({ params, results }),
  );
  const base = imports.length;
  const copyText =
    imports.includes("alloc") && imports.includes("store_u8")
      ? [{ type: types.length - 1, ...copyTextCode(imports) }]
      : [];
  const memory = parts.memory ?? { min: Math.max(scratchPages, texts.pages()) };
  return writeWasm({
    types,
    imports: imports.map((name, index) => ({ module: moduleOf(name), name, type: index })),
    functions: [...bodies.map((body, index) => ({ ...body, type: base + index })), ...copyText],
    memories: [memory],
    ...(parts.tables && { tables: parts.tables }),
    ...(parts.globals && { globals: parts.globals }),
    ...(parts.tags && { tags: parts.tags }),
    exports: Object.entries(parts.exports ?? { run: 0, judge: 0 }).map(([name, index]) => ({
      name,
      index: base + index,
    })),
    ...(parts.start !== undefined && { start: base + parts.start }),
    ...(parts.tableFunctions && { elements: [elements(parts.tableFunctions.map((index) => base + index))] }),
    data: texts.segments(),
    ...(parts.customs && { customs: parts.customs }),
  });
}

function moduleOf(name: HostFunctionName): string {
  return ownFunctions.has(name) ? "extism:host/user" : "extism:host/env";
}

function elements(functions: readonly number[]): WasmBytes {
  return joinWasm([[0, 0x41, 0, op.end], wasmU32(functions.length), ...functions.map(wasmU32)]);
}

const copyTextSignature: Signature = [["i32", "i32"], ["i64"]];

/** (address, length) in linear memory -> a new block with a copy. */
function copyTextCode(imports: readonly HostFunctionName[]): WasmFunction {
  const call = (name: HostFunctionName) => [op.call, ...wasmU32(imports.indexOf(name))];
  const [address, length, block, index] = [0, 1, 2, 3];
  const get = (local: number) => [op.localGet, local];
  const extend = 0xad;
  const body = joinWasm([
    [...get(length), extend, ...call("alloc"), op.localSet, block],
    [op.block, op.void, op.loop, op.void, ...get(index), ...get(length), 0x4f, op.branchIf, 1],
    [...get(block), ...get(index), extend, 0x7c, ...get(address), ...get(index), 0x6a, 0x2d, 0, 0],
    [...call("store_u8"), ...get(index), 0x41, 1, 0x6a, op.localSet, index, op.branch, 0, op.end, op.end],
    get(block),
  ]);
  return {
    locals: [
      { count: 1, type: "i64" },
      { count: 1, type: "i32" },
    ],
    body,
  };
}

type Texts = {
  place(content: Uint8Array): number;
  pages(): number;
  segments(): { readonly offset: number; readonly bytes: Uint8Array }[];
};

function createTexts(): Texts {
  const placed = new Map<string, { readonly offset: number; readonly bytes: Uint8Array }>();
  let top = firstTextAddress;
  return {
    place(bytes) {
      const key = Buffer.from(bytes).toString("latin1");
      const known = placed.get(key);
      if (known) return known.offset;
      placed.set(key, { offset: top, bytes });
      top += bytes.length;
      return top - bytes.length;
    },
    pages: () => Math.ceil(top / 65_536),
    segments: () => [...placed.values()],
  };
}

/** The function that copies texts into blocks comes after the guest's own. */
function createWriter(imports: HostFunctionName[], texts: Texts, functionCount: number): GuestWriter {
  const host = (name: HostFunctionName): WasmBytes => {
    if (!imports.includes(name)) imports.push(name);
    return [op.call, ...wasmU32(imports.indexOf(name))];
  };
  const text = (content: string | Uint8Array): WasmBytes => {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    host("alloc");
    host("store_u8");
    return joinWasm([
      wasmI32Const(texts.place(bytes)),
      wasmI32Const(bytes.length),
      [op.call, ...wasmU32(imports.length + functionCount)],
    ]);
  };
  return {
    host,
    text,
    output(content) {
      const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
      return joinWasm([text(bytes), i64Const(BigInt(bytes.length)), host("output_set")]);
    },
    own: (index) => [op.call, ...wasmU32(imports.length + index)],
    reference: (index) => [0xd2, ...wasmU32(imports.length + index)],
  };
}

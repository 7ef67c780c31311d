/** WebAssembly modules written byte by byte, well formed or not, for tests of what reads them. */
export type WasmBytes = Uint8Array | readonly number[];

export const wasmTypes = {
  i32: 0x7f,
  i64: 0x7e,
  f32: 0x7d,
  f64: 0x7c,
  v128: 0x7b,
  funcref: 0x70,
  externref: 0x6f,
  anyref: 0x6e,
  exnref: 0x69,
} as const;
export type WasmType = keyof typeof wasmTypes;

const exportKinds = { func: 0, table: 1, memory: 2, global: 3, tag: 4 } as const;
export type WasmExportKind = keyof typeof exportKinds;

export type WasmLimits = { readonly min: number; readonly max?: number; readonly isShared?: boolean };

export type WasmFunction = {
  /** Index into `types`; absent: the first. */
  readonly type?: number;
  readonly locals?: readonly { readonly count: number; readonly type: WasmType }[];
  /** Instructions without the closing `end`. */
  readonly body?: WasmBytes;
};

export type WasmParts = {
  /** Absent: one type without parameters and results. */
  readonly types?: readonly {
    readonly params?: readonly WasmType[];
    readonly results?: readonly WasmType[];
  }[];
  /** Functions. */
  readonly imports?: readonly { readonly module: string; readonly name: string; readonly type?: number }[];
  readonly functions?: readonly WasmFunction[];
  readonly tables?: readonly (WasmLimits & { readonly type?: WasmType })[];
  readonly memories?: readonly WasmLimits[];
  /** Indices into `types`. */
  readonly tags?: readonly number[];
  readonly globals?: readonly {
    readonly type: WasmType;
    readonly isMutable?: boolean;
    /** A constant expression without the closing `end`. */
    readonly init: WasmBytes;
  }[];
  readonly exports?: readonly {
    readonly name: string;
    readonly kind?: WasmExportKind;
    readonly index: number;
  }[];
  /** Index of a function. */
  readonly start?: number;
  /** Encoded segments; `wasmElements` writes the common one. */
  readonly elements?: readonly WasmBytes[];
  readonly data?: readonly { readonly offset?: number; readonly bytes: WasmBytes }[];
  readonly customs?: readonly { readonly name: string; readonly content: WasmBytes }[];
};

/** `\0asm`, version 1. */
export const wasmPreamble: readonly number[] = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];

/** Unsigned LEB128. */
export function wasmU32(value: number): number[] {
  const bytes: number[] = [];
  do {
    const rest = Math.floor(value / 128);
    bytes.push((value % 128) | (rest > 0 ? 0x80 : 0));
    value = rest;
  } while (value > 0);
  return bytes;
}

/** `i32.const`, with signed LEB128. */
export function wasmI32Const(value: number): number[] {
  const bytes = [0x41];
  for (;;) {
    const low = value & 0x7f;
    value >>= 7;
    const isLast = (value === 0 && (low & 0x40) === 0) || (value === -1 && (low & 0x40) !== 0);
    bytes.push(isLast ? low : low | 0x80);
    if (isLast) return bytes;
  }
}

export function wasmName(text: string): Uint8Array {
  const bytes = new TextEncoder().encode(text);
  return joinWasm([wasmU32(bytes.length), bytes]);
}

export function wasmSection(id: number, body: WasmBytes): Uint8Array {
  return joinWasm([[id], wasmU32(body.length), body]);
}

export function wasmVector(items: readonly WasmBytes[]): Uint8Array {
  return joinWasm([wasmU32(items.length), ...items]);
}

export function wasmCustomSection(name: string, content: WasmBytes): Uint8Array {
  return wasmSection(0, joinWasm([wasmName(name), content]));
}

/** An active segment of the first table that holds these functions from `offset` on. */
export function wasmElements(offset: number, functions: readonly number[]): Uint8Array {
  return joinWasm([[0], wasmI32Const(offset), [0x0b], wasmVector(functions.map(wasmU32))]);
}

export function joinWasm(parts: readonly WasmBytes[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** A module of these parts; what they say is written as it is, nonsense included. */
export function writeWasm(parts: WasmParts): Uint8Array<ArrayBuffer> {
  const functions = parts.functions ?? [];
  return joinWasm([
    wasmPreamble,
    vectorSection(1, (parts.types ?? [{}]).map(encodeType)),
    vectorSection(2, (parts.imports ?? []).map(encodeImport)),
    vectorSection(
      3,
      functions.map(({ type = 0 }) => wasmU32(type)),
    ),
    vectorSection(4, (parts.tables ?? []).map(encodeTable)),
    vectorSection(5, (parts.memories ?? []).map(encodeLimits)),
    vectorSection(
      13,
      (parts.tags ?? []).map((type) => [0, ...wasmU32(type)]),
    ),
    vectorSection(6, (parts.globals ?? []).map(encodeGlobal)),
    vectorSection(7, (parts.exports ?? []).map(encodeExport)),
    parts.start === undefined ? [] : wasmSection(8, wasmU32(parts.start)),
    vectorSection(9, parts.elements ?? []),
    vectorSection(10, functions.map(encodeFunction)),
    vectorSection(11, (parts.data ?? []).map(encodeData)),
    ...(parts.customs ?? []).map(({ name, content }) => wasmCustomSection(name, content)),
  ]);
}

function vectorSection(id: number, items: readonly WasmBytes[]): WasmBytes {
  return items.length === 0 ? [] : wasmSection(id, wasmVector(items));
}

function encodeType({ params = [], results = [] }: NonNullable<WasmParts["types"]>[number]): WasmBytes {
  const encode = (types: readonly WasmType[]) => [
    ...wasmU32(types.length),
    ...types.map((type) => wasmTypes[type]),
  ];
  return [0x60, ...encode(params), ...encode(results)];
}

function encodeImport({ module, name, type = 0 }: NonNullable<WasmParts["imports"]>[number]): WasmBytes {
  return joinWasm([wasmName(module), wasmName(name), [0], wasmU32(type)]);
}

function encodeLimits({ min, max, isShared = false }: WasmLimits): number[] {
  const flags = (max === undefined ? 0 : 1) | (isShared ? 2 : 0);
  return [flags, ...wasmU32(min), ...(max === undefined ? [] : wasmU32(max))];
}

function encodeTable({ type = "funcref", ...limits }: NonNullable<WasmParts["tables"]>[number]): WasmBytes {
  return [wasmTypes[type], ...encodeLimits(limits)];
}

function encodeGlobal({
  type,
  isMutable = false,
  init,
}: NonNullable<WasmParts["globals"]>[number]): WasmBytes {
  return [wasmTypes[type], isMutable ? 1 : 0, ...init, 0x0b];
}

function encodeExport({ name, kind = "func", index }: NonNullable<WasmParts["exports"]>[number]): WasmBytes {
  return joinWasm([wasmName(name), [exportKinds[kind]], wasmU32(index)]);
}

function encodeFunction({ locals = [], body = [] }: WasmFunction): WasmBytes {
  const groups = locals.map(({ count, type }) => [...wasmU32(count), wasmTypes[type]]);
  const code = joinWasm([wasmVector(groups), body, [0x0b]]);
  return joinWasm([wasmU32(code.length), code]);
}

/** Without an offset the segment is passive. */
function encodeData({ offset, bytes }: NonNullable<WasmParts["data"]>[number]): WasmBytes {
  const head = offset === undefined ? [1] : [0, ...wasmI32Const(offset), 0x0b];
  return joinWasm([head, wasmU32(bytes.length), bytes]);
}

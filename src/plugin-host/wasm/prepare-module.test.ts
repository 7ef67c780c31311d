import { expect, test } from "bun:test";
import {
  joinWasm,
  type WasmParts,
  wasmCustomSection,
  wasmElements,
  wasmI32Const,
  writeWasm,
} from "../../testing/index.ts";
import { complexityLimits } from "./complexity.ts";
import type { PrepareOptions } from "./module-contents.ts";
import { prepareModule } from "./prepare-module.ts";
import { startExport, wasiModule } from "./reserved-names.ts";

const pageBytes = 65_536;
const options: PrepareOptions = {
  limits: { moduleBytes: 1_048_576, memoryBytes: 16 * pageBytes, tableElements: 100 },
  offered: new Map([
    ["extism:host/env", new Set(["input_length"])],
    ["wasi_snapshot_preview1", new Set(["fd_write"])],
  ]),
};

const wasiImport = { module: "wasi_snapshot_preview1", name: "fd_write" };
/** `memory.grow` and `table.grow` by their parameter. */
const growMemory = [0x20, 0, 0x40, 0];
const growTable = [0xd0, 0x70, 0x20, 0, 0xfc, 15, 0];
const oneToOne = { params: ["i32"], results: ["i32"] } as const;

function instantiate(parts: WasmParts) {
  const prepared = prepareModule(writeWasm(parts), options);
  const module = new WebAssembly.Module(prepared.bytes);
  const imports = { [wasiModule]: { fd_write: () => undefined } };
  return { prepared, exports: new WebAssembly.Instance(module, imports).exports };
}

function callOf(exports: Record<string, unknown>, name: string): (...values: readonly unknown[]) => unknown {
  const found = exports[name];
  if (typeof found !== "function") throw new Error(`no function ${name}`);
  return found as (...values: readonly unknown[]) => unknown;
}

function globalOf(exports: Record<string, unknown>, name: string): WebAssembly.Global {
  const found = exports[name];
  if (found instanceof WebAssembly.Global) return found;
  throw new Error(`no global ${name}`);
}

test("memory grows up to the limit and not beyond, whatever maximum the module names", () => {
  for (const max of [undefined, 65_536]) {
    const { exports } = instantiate({
      types: [oneToOne],
      functions: [{ body: growMemory }],
      memories: [{ min: 1, ...(max !== undefined && { max }) }],
      exports: [{ name: "grow", index: 0 }],
    });
    expect(callOf(exports, "grow")(15)).toBe(1);
    expect(callOf(exports, "grow")(1)).toBe(-1);
  }
});

test("a maximum below the limit stays what it is", () => {
  const { exports } = instantiate({
    types: [oneToOne],
    functions: [{ body: growMemory }],
    memories: [{ min: 1, max: 2 }],
    exports: [{ name: "grow", index: 0 }],
  });
  expect(callOf(exports, "grow")(1)).toBe(1);
  expect(callOf(exports, "grow")(1)).toBe(-1);
});

test("tables share the limit: what they begin with, and equal parts of the rest", () => {
  const growOf = (table: number) => ({ type: 0, body: [...growTable.slice(0, -1), table] });
  const { exports } = instantiate({
    types: [oneToOne],
    functions: [growOf(0), growOf(1), growOf(2)],
    tables: [{ min: 10 }, { min: 10, max: 10 }, { min: 0 }],
    exports: ["a", "b", "c"].map((name, index) => ({ name, index })),
  });
  expect(callOf(exports, "a")(40)).toBe(10);
  expect(callOf(exports, "a")(1)).toBe(-1);
  expect(callOf(exports, "b")(1)).toBe(-1);
  expect(callOf(exports, "c")(40)).toBe(0);
  expect(callOf(exports, "c")(1)).toBe(-1);
});

test("a start function runs only when the host calls it", () => {
  const { prepared, exports } = instantiate({
    functions: [{ body: [...wasmI32Const(7), 0x24, 0] }],
    globals: [{ type: "i32", isMutable: true, init: wasmI32Const(0) }],
    start: 0,
  });
  const global = globalOf(exports, "hearth:global:0");
  expect(prepared.initialisers).toEqual([startExport]);
  expect(global.value).toBe(0);
  callOf(exports, startExport)();
  expect(global.value).toBe(7);
});

test("initialisers have other names, and are listed as Extism would call them", () => {
  const listed = (names: readonly string[], parts: WasmParts = {}) =>
    instantiate({
      ...parts,
      functions: [{}],
      exports: names.map((name) => ({ name, index: parts.imports?.length ?? 0 })),
      start: parts.imports?.length ?? 0,
    }).prepared;
  expect(listed(["_start", "judge"]).initialisers).toEqual([startExport, "hearth:_start"]);
  expect(listed(["_start", "judge"]).exports).toEqual(["judge"]);
  expect(listed(["_start", "_initialize"]).initialisers).toEqual([startExport, "hearth:_initialize"]);
  expect(listed(["_initialize", "hs_init"]).initialisers).toEqual([startExport, "hearth:hs_init"]);
  const withWasi = listed(["_start", "_initialize", "hs_init"], { imports: [wasiImport] });
  expect(withWasi.initialisers).toEqual([startExport, "hearth:_initialize", "hearth:hs_init"]);
  const names = WebAssembly.Module.exports(new WebAssembly.Module(withWasi.bytes)).map(({ name }) => name);
  expect(names.filter((name) => !name.startsWith("hearth:"))).toEqual([]);
});

test("WASI comes from a module that Extism does not know", () => {
  const { prepared } = instantiate({ imports: [wasiImport] });
  expect(prepared.usesWasi).toBe(true);
  expect(prepared.imports).toEqual([{ module: wasiModule, name: "fd_write", kind: "function" }]);
  const imports = WebAssembly.Module.imports(new WebAssembly.Module(prepared.bytes));
  expect(imports).toEqual([{ module: wasiModule, name: "fd_write", kind: "function" }]);
});

test("custom sections are not compiled, wherever they stand", () => {
  const whole = writeWasm({ functions: [{}], exports: [{ name: "judge", index: 0 }] });
  const extra = wasmCustomSection("name", [1, 2, 3]);
  const noisy = joinWasm([whole.subarray(0, 8), extra, whole.subarray(8), extra]);
  expect(prepareModule(noisy, options).bytes).toEqual(prepareModule(whole, options).bytes);
});

test("through the reserved exports an instance is set back to how it was", () => {
  const { prepared, exports } = instantiate({
    types: [{}],
    functions: [
      { body: [...wasmI32Const(0), ...wasmI32Const(9), 0x36, 2, 0, 0x42, 5, 0x24, 1] },
      { body: [...wasmI32Const(0), 0xd0, 0x70, 0x26, 0] },
    ],
    tables: [{ min: 1 }],
    memories: [{ min: 1 }],
    globals: [
      { type: "i32", init: wasmI32Const(1) },
      { type: "i64", isMutable: true, init: [0x42, 1] },
    ],
    exports: [
      { name: "write", index: 0 },
      { name: "clear", index: 1 },
    ],
    elements: [wasmElements(0, [0])],
    data: [{ offset: 0, bytes: [3] }],
  });
  expect(prepared).toMatchObject({
    isResettable: true,
    memoryExport: "hearth:memory",
    globalExports: ["hearth:global:1"],
    tableExports: ["hearth:table:0"],
  });
  const memory = exports["hearth:memory"];
  const table = exports["hearth:table:0"];
  if (!(memory instanceof WebAssembly.Memory && table instanceof WebAssembly.Table))
    throw new Error("missing");
  const first = table.get(0);
  callOf(exports, "write")();
  callOf(exports, "clear")();
  const bytes = new Uint8Array(memory.buffer);
  expect([bytes[0], globalOf(exports, "hearth:global:1").value, table.get(0)]).toEqual([9, 5n, null]);
  bytes[0] = 3;
  globalOf(exports, "hearth:global:1").value = 1n;
  table.set(0, first);
  expect([bytes[0], globalOf(exports, "hearth:global:1").value, table.get(0)]).toEqual([3, 1n, first]);
});

test("a module whose state cannot be set back says why", () => {
  const v128 = [0xfd, 12, ...new Uint8Array(16)];
  const cases: readonly (readonly [WasmParts, string])[] = [
    [{ memories: [{ min: 1 }], data: [{ bytes: [1] }] }, "passive segments"],
    [{ functions: [{}], elements: [[1, 0, 1, 0]] }, "passive segments"],
    [{ globals: [{ type: "v128", isMutable: true, init: v128 }] }, "type v128"],
  ];
  for (const [parts, reason] of cases) {
    const { prepared } = instantiate(parts);
    expect(prepared.isResettable).toBe(false);
    expect(prepared.resetBlocker).toContain(reason);
    expect(prepared.globalExports).toEqual([]);
  }
  const large = { ...options, limits: { ...options.limits, tableElements: 65_536 } };
  const table = prepareModule(writeWasm({ tables: [{ min: 1_025 }] }), large);
  expect(table.resetBlocker).toContain("1025 elements");
});

test("declared segments and immutable vectors hinder nothing", () => {
  const v128 = [0xfd, 12, ...new Uint8Array(16)];
  const { prepared } = instantiate({
    functions: [{}],
    globals: [{ type: "v128", init: v128 }],
    elements: [[3, 0, 1, 0]],
  });
  expect(prepared.isResettable).toBe(true);
});

test("every form of element segments is read", () => {
  const offset = [0x41, 0, 0x0b];
  const function0 = [0xd2, 0, 0x0b];
  const forms = [
    [0, ...offset, 1, 0],
    [1, 0, 1, 0],
    [2, 0, ...offset, 0, 1, 0],
    [3, 0, 1, 0],
    [4, ...offset, 1, ...function0],
    [5, 0x70, 1, ...function0],
    [6, 0, ...offset, 0x70, 1, ...function0],
    [7, 0x70, 1, ...function0],
  ];
  for (const form of forms) {
    const parts = { functions: [{}], tables: [{ min: 1 }], elements: [form] };
    expect(WebAssembly.validate(writeWasm(parts))).toBe(true);
    instantiate(parts);
  }
});

test("an empty module and one at every edge of the counts pass", () => {
  expect(prepareModule(writeWasm({ types: [] }), options).exports).toEqual([]);
  const exports = Array.from({ length: complexityLimits.exports }, (_, index) => ({
    name: `e${index}`,
    index: 0,
  }));
  expect(prepareModule(writeWasm({ functions: [{}], exports }), options).exports).toHaveLength(
    exports.length,
  );
});

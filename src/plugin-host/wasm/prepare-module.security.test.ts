import { expect, test } from "bun:test";
import {
  joinWasm,
  type WasmBytes,
  type WasmParts,
  wasmCustomSection,
  wasmI32Const,
  wasmPreamble,
  wasmSection,
  wasmU32,
  wasmVector,
  writeWasm,
} from "../../testing/index.ts";
import { type FailureCode, PluginFailure } from "../failure.ts";
import { complexityLimits } from "./complexity.ts";
import type { PrepareOptions } from "./module-contents.ts";
import { type PreparedModule, prepareModule } from "./prepare-module.ts";
import { extismModule } from "./reserved-names.ts";

const options: PrepareOptions = {
  limits: { moduleBytes: 32 * 1_048_576, memoryBytes: 1_048_576, tableElements: 1_000 },
  offered: new Map([["extism:host/env", new Set(["input_length"])]]),
};

function prepare(parts: WasmParts | Uint8Array): PreparedModule {
  return prepareModule(parts instanceof Uint8Array ? parts : writeWasm(parts), options);
}

function failureOf(parts: WasmParts | Uint8Array): { readonly code: FailureCode; readonly message: string } {
  try {
    prepare(parts);
  } catch (failure) {
    if (failure instanceof PluginFailure) return failure.toRecord();
    throw failure;
  }
  throw new Error("it was accepted");
}

function sections(...bodies: readonly (readonly [id: number, body: WasmBytes])[]): Uint8Array {
  return joinWasm([wasmPreamble, ...bodies.map(([id, body]) => wasmSection(id, body))]);
}

/** `count` times the same bytes after the count, as in a vector. */
function repeated(count: number, item: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(count * item.length);
  for (let index = 0; index < bytes.length; index += item.length) bytes.set(item, index);
  return joinWasm([wasmU32(count), bytes]);
}

function functions(count: number, code: WasmBytes): Uint8Array {
  const body = joinWasm([wasmU32(code.length), code]);
  return sections(
    [1, [1, 0x60, 0, 0]],
    [3, repeated(count, [0])],
    [10, joinWasm([wasmU32(count), ...Array.from({ length: count }, () => body)])],
  );
}

/** Bytes that compiling a module adds to this process, at the highest. */
async function compileBytes(module: Uint8Array<ArrayBuffer>): Promise<number> {
  Bun.gc(true);
  const before = process.memoryUsage.rss();
  const compiled = await WebAssembly.compile(module);
  const after = process.memoryUsage.rss();
  expect(compiled).toBeInstanceOf(WebAssembly.Module);
  return after - before;
}

test("what is no module is called that", () => {
  const files = [
    new Uint8Array(),
    new TextEncoder().encode("(module)"),
    new TextEncoder().encode("#!/bin/sh\necho hello"),
    new Uint8Array(10_000).fill(0xff),
    Uint8Array.from(wasmPreamble).reverse(),
  ];
  for (const file of files) expect(failureOf(file).code).toBe("module_invalid");
});

test("a component is told from a module", () => {
  const component = Uint8Array.of(0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00, 0x07, 0x02);
  expect(failureOf(component)).toMatchObject({ code: "module_component" });
});

test("a module of another version is not supported", () => {
  const later = Uint8Array.of(0x00, 0x61, 0x73, 0x6d, 0x02, 0x00, 0x00, 0x00);
  expect(failureOf(later).code).toBe("module_unsupported");
});

test("a module that breaks off anywhere but between sections is invalid", () => {
  const whole = writeWasm({
    functions: [{ body: [1] }],
    memories: [{ min: 1 }],
    exports: [{ name: "judge", index: 0 }],
    data: [{ offset: 0, bytes: [1, 2, 3] }],
  });
  for (let length = 0; length < whole.length; length += 1) {
    const cut = whole.subarray(0, length);
    if (WebAssembly.validate(cut)) prepare(cut);
    else expect(failureOf(cut).code).toBe("module_invalid");
  }
});

test("sections that are double or out of order are refused", () => {
  const type: [number, number[]] = [1, [1, 0x60, 0, 0]];
  expect(failureOf(sections(type, type)).code).toBe("module_invalid");
  expect(failureOf(sections([5, [1, 0, 1]], type)).code).toBe("module_invalid");
});

test("a count that the bytes cannot hold allocates nothing", () => {
  const huge = wasmU32(0xffff_ffff);
  for (const id of [1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 13]) {
    const startedMs = performance.now();
    expect(["module_invalid", "module_unsupported"]).toContain(failureOf(sections([id, huge])).code);
    expect(performance.now() - startedMs).toBeLessThan(10_000);
  }
});

test("a number that never ends is refused", () => {
  const endless = new Uint8Array(100).fill(0x80);
  expect(failureOf(sections([1, endless])).code).toBe("module_invalid");
  expect(failureOf(sections([1, [0xff, 0xff, 0xff, 0xff, 0x7f]])).code).toBe("module_invalid");
});

test("a file above its limit is too large", () => {
  const file = writeWasm({ customs: [{ name: "x", content: new Uint8Array(100) }] });
  const small = { ...options, limits: { ...options.limits, moduleBytes: 99 } };
  expect(() => prepareModule(file, small)).toThrow(expect.objectContaining({ code: "module_too_large" }));
});

test("memory that begins above the limit is refused", () => {
  expect(failureOf({ memories: [{ min: 17 }] }).code).toBe("memory_limit");
  expect(failureOf({ memories: [{ min: 65_536 }] }).code).toBe("memory_limit");
});

test("a second memory, a shared one and one of 64 bits are not supported", () => {
  expect(failureOf({ memories: [{ min: 1 }, { min: 1 }] }).code).toBe("module_unsupported");
  expect(failureOf({ memories: [{ min: 1, max: 1, isShared: true }] }).code).toBe("module_unsupported");
  expect(failureOf(sections([5, [1, 4, 1]])).code).toBe("module_unsupported");
  expect(failureOf(sections([5, [1, 8, 1, 0]])).code).toBe("module_unsupported");
});

test("tables that begin above the limit, alone or together, are refused", () => {
  expect(failureOf({ tables: [{ min: 1_001 }] }).code).toBe("table_limit");
  expect(failureOf({ tables: [{ min: 501 }, { min: 500, type: "externref" }] }).code).toBe("table_limit");
  expect(failureOf(sections([4, repeated(complexityLimits.tables + 1, [0x70, 0, 0])])).code).toBe(
    "module_too_large",
  );
  expect(failureOf(sections([4, [1, 0x70, 4, 1]])).code).toBe("module_unsupported");
});

test("an import that is not offered is named, cut and without control characters", () => {
  const importing = (module: string, name: string) => failureOf({ imports: [{ module, name }] });
  expect(importing("env", "system")).toMatchObject({
    code: "import_unknown",
    message: expect.stringContaining('the function "system" of "env"'),
  });
  expect(importing("extism:host/env", "nothing").code).toBe("import_unknown");
  expect(importing("wasi_snapshot_preview1", "fd_write").code).toBe("import_unknown");
  expect(importing("hearth:wasi", "fd_write").code).toBe("import_unknown");
  expect(importing("main", "judge").code).toBe("import_unknown");
  expect(importing("__proto__", "toString").code).toBe("import_unknown");
  const { message } = importing("\x1b[2J\nenv\u202e", "x".repeat(4_000));
  expect(message).toMatch(/^[\x20-\x7e]{1,400}$/);
});

test("imported memories, tables, globals and tags are refused, whatever module they name", () => {
  const module = [15, ...new TextEncoder().encode("extism:host/env")];
  const name = [12, ...new TextEncoder().encode("input_length")];
  for (const kind of [
    [1, 0x70, 0, 1],
    [2, 0, 1],
    [3, 0x7f, 0],
    [4, 0, 0],
  ]) {
    const file = sections([1, [1, 0x60, 0, 0]], [2, [1, ...module, ...name, ...kind]]);
    expect(failureOf(file).code).toBe("import_unknown");
  }
});

test("an export under a name of the host's is refused", () => {
  const exporting = (name: string) => ({ functions: [{}], exports: [{ name, index: 0 }] });
  for (const name of ["hearth:start", "hearth:memory", "hearth:global:0", "hearth:other"]) {
    expect(failureOf(exporting(name)).code).toBe("module_unsupported");
  }
  expect(prepare(exporting("hearth")).exports).toEqual(["hearth"]);
});

test("two exports of a name are invalid", () => {
  const twice = { name: "judge", index: 0 };
  expect(failureOf({ functions: [{}], exports: [twice, twice] }).code).toBe("module_invalid");
});

test("a start function that takes or gives values is invalid, as it would have been in its section", () => {
  const parts = { types: [{ params: ["i32"] }], functions: [{}], start: 0 } as const;
  expect(WebAssembly.validate(writeWasm(parts))).toBe(false);
  expect(failureOf(parts).code).toBe("module_invalid");
  expect(failureOf({ functions: [{}], start: 1 }).code).toBe("module_invalid");
});

test("types of the garbage collector are not supported wherever they stand", () => {
  const structure = [0x5f, 0];
  const array = [0x5e, 0x7f, 0];
  for (const type of [
    structure,
    array,
    [0x4e, 1, ...structure],
    [0x50, 0, ...structure],
    [0x4f, 0, ...array],
  ]) {
    expect(failureOf(sections([1, [1, ...type]])).code).toBe("module_unsupported");
  }
  expect(failureOf({ types: [{ params: ["anyref"] }] }).code).toBe("module_unsupported");
  expect(failureOf({ tables: [{ min: 1, type: "anyref" }] }).code).toBe("module_unsupported");
  expect(failureOf({ globals: [{ type: "anyref", init: [0xd0, 0x6e] }] }).code).toBe("module_unsupported");
  expect(failureOf({ functions: [{ locals: [{ count: 1, type: "anyref" }] }] }).code).toBe(
    "module_unsupported",
  );
  expect(failureOf({ functions: [{ body: [0xfb, 0, 0] }] }).code).toBe("module_unsupported");
  expect(failureOf({ globals: [{ type: "externref", init: [0x41, 0, 0xfb, 28] }] }).code).toBe(
    "module_unsupported",
  );
});

test("exceptions, with which a guest could catch what the host throws to end it, are not supported", () => {
  expect(failureOf({ tags: [0] })).toMatchObject({
    code: "module_unsupported",
    message: expect.stringContaining("exceptions"),
  });
  const catchAll = [0x06, 0x40, 0x19, 0x0b];
  const tryTable = [0x1f, 0x40, 1, 2, 0, 0x0b];
  for (const body of [catchAll, tryTable]) {
    expect(WebAssembly.validate(writeWasm({ functions: [{ body }] }))).toBe(true);
    expect(failureOf({ functions: [{ body }] }).code).toBe("module_unsupported");
  }
  expect(failureOf({ tables: [{ min: 1, type: "exnref" }] }).code).toBe("module_unsupported");
  expect(failureOf({ types: [{ params: ["exnref"] }] }).code).toBe("module_unsupported");
  expect(failureOf({ functions: [{ body: [0x02, 0x69, 0x00, 0x0b, 0x1a] }] }).code).toBe(
    "module_unsupported",
  );
});

test("instructions that nobody knows are not supported", () => {
  for (const body of [[0x27], [0xff], [0xfc, 0x7f], [0xfd, 0xff, 0x7f], [0xfe, 0x7f]]) {
    expect(failureOf({ functions: [{ body }] }).code).toBe("module_unsupported");
  }
});

test("code that goes on after its end, or never ends, is invalid", () => {
  expect(failureOf({ functions: [{ body: [0x0b] }] }).code).toBe("module_invalid");
  expect(failureOf({ functions: [{ body: [0x02, 0x40] }] }).code).toBe("module_invalid");
});

test("ten thousand exports are too many", () => {
  const exports = Array.from({ length: 10_000 }, (_, index) => ({ name: `e${index}`, index: 0 }));
  expect(failureOf({ functions: [{}], exports }).code).toBe("module_too_large");
});

test("a huge custom section, and a great many empty ones, are too large", () => {
  const huge = new Uint8Array(complexityLimits.customSectionBytes + 1);
  expect(failureOf({ customs: [{ name: "x", content: huge }] }).code).toBe("module_too_large");
  const empty = wasmCustomSection("", []);
  const many = joinWasm([wasmPreamble, ...Array.from({ length: 100_000 }, () => empty)]);
  expect(failureOf(many).code).toBe("module_too_large");
});

test("counts above their limits are refused", () => {
  const above = (limit: keyof typeof complexityLimits) => complexityLimits[limit] + 1;
  const type = [1, [1, 0x60, 0, 0]] as const;
  const files = [
    sections([1, repeated(above("types"), [0x60, 0, 0])]),
    sections([1, joinWasm([[1, 0x60], repeated(above("parametersPerType"), [0x7f]), [0]])]),
    sections([1, joinWasm([[1, 0x60, 0], repeated(above("resultsPerType"), [0x7f])])]),
    sections(type, [2, repeated(above("imports"), [0, 0, 0, 0])]),
    sections(type, [3, repeated(above("functions"), [0])]),
    sections([6, repeated(above("globals"), [0x7f, 0, 0x41, 0, 0x0b])]),
    sections([9, repeated(above("elementSegments"), [1, 0, 0])]),
    sections([9, wasmVector([joinWasm([[1, 0], repeated(above("elements"), [0])])])]),
    sections([11, repeated(above("dataSegments"), [1, 0])]),
  ];
  for (const file of files) expect(failureOf(file).code).toBe("module_too_large");
});

test("a small file with millions of locals is refused, however it spreads them", () => {
  const millions = functions(2_000, [1, ...wasmU32(50_000), 0x7e, 0x0b]);
  expect(millions.length).toBeLessThan(30_000);
  expect(failureOf(millions).code).toBe("module_too_large");
  expect(failureOf(functions(1, [1, ...wasmU32(0xffff_ffff), 0x7e, 0x0b])).code).toBe("module_too_large");
  const groups = functions(1, [2, ...wasmU32(0xffff_ffff), 0x7e, ...wasmU32(2), 0x7e, 0x0b]);
  expect(failureOf(groups).code).toBe("module_too_large");
});

test("parameters count as locals", () => {
  const wide = [1, 0x60, ...repeated(1_000, [0x7e]), 0];
  const count = 1_001;
  const file = sections([1, wide], [3, repeated(count, [0])], [10, repeated(count, [2, 0, 0x0b])]);
  expect(failureOf(file).code).toBe("module_too_large");
});

test("a function of many groups of locals, which would compile for minutes, is refused", () => {
  const groups = repeated(50_000, [1, 0x7e]);
  expect(failureOf(functions(20, joinWasm([groups, [0x0b]]))).code).toBe("module_too_large");
});

test("blocks nested too deep are refused", () => {
  const depth = complexityLimits.blockDepth;
  const nested = (count: number) => [0, ...repeated(count, [0x02, 0x40]).slice(wasmU32(count).length)];
  const closed = [...nested(depth), ...new Uint8Array(depth).fill(0x0b), 0x0b];
  expect(failureOf(functions(1, closed)).code).toBe("module_too_large");
});

test("more blocks and calls than compile in moderate memory are refused", () => {
  const calls = (count: number) => [0, ...repeated(count, [0x10, 0]).slice(wasmU32(count).length), 0x0b];
  expect(failureOf(functions(1_000, calls(1_000))).code).toBe("module_too_large");
  expect(prepare(functions(100, calls(1_000))).exports).toEqual([]);
});

test("the costliest modules that pass compile in moderate memory", async () => {
  const withinLocals = functions(20, [1, ...wasmU32(50_000), 0x7e, 0x0b]);
  const nested = [...repeated(9_999, [0x02, 0x40]).slice(2), ...new Uint8Array(9_999).fill(0x0b)];
  const withinDepth = functions(100, [0, ...nested, 0x0b]);
  const withinCount = functions(100_000, [0, 0x0b]);
  for (const file of [withinLocals, withinDepth, withinCount]) {
    expect(await compileBytes(prepare(file).bytes)).toBeLessThan(160 * 1_048_576);
  }
});

test("the largest file is checked in time that grows with its size alone", () => {
  const instructions = new Uint8Array(4 * 1_048_576 - 100).fill(0x01);
  const file = functions(7, joinWasm([[0], instructions, [0x0b]]));
  const startedMs = performance.now();
  expect(prepare(file).exports).toEqual([]);
  expect(performance.now() - startedMs).toBeLessThan(20_000);
});

test("a call of an import by the start function happens only when the host starts it", () => {
  const { bytes, initialisers } = prepare({
    imports: [{ module: "extism:host/env", name: "input_length" }],
    start: 0,
    globals: [{ type: "i32", init: wasmI32Const(0) }],
  });
  let calls = 0;
  const count = () => {
    calls += 1;
  };
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
    [extismModule]: { input_length: count },
  });
  expect(calls).toBe(0);
  expect(initialisers.map((name) => typeof exports[name])).toEqual(["function"]);
});

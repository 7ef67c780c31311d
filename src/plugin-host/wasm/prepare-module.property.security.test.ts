import { expect, test } from "bun:test";
import fc from "fast-check";
import {
  joinWasm,
  type WasmParts,
  type WasmType,
  wasmElements,
  wasmI32Const,
  wasmPreamble,
  wasmSection,
  writeWasm,
} from "../../testing/index.ts";
import { PluginFailure } from "../failure.ts";
import { readCustomSections } from "./custom-sections.ts";
import type { PrepareOptions } from "./module-contents.ts";
import { type PreparedModule, prepareModule } from "./prepare-module.ts";
import { checkSignature, createSigningKey, signModule } from "./signature.ts";

const options: PrepareOptions = {
  limits: { moduleBytes: 1_048_576, memoryBytes: 4 * 65_536, tableElements: 100 },
  offered: new Map([
    ["extism:host/env", new Set(["input_length"])],
    ["wasi_snapshot_preview1", new Set(["fd_write"])],
  ]),
};

/** Undefined for a module that is refused; anything but a PluginFailure goes up. */
function tryPrepare(bytes: Uint8Array): PreparedModule | undefined {
  try {
    return prepareModule(bytes, options);
  } catch (failure) {
    if (failure instanceof PluginFailure) return undefined;
    throw failure;
  }
}

/** A module that validated before it was prepared does so afterwards, and has its limits. */
function checkPrepared(bytes: Uint8Array<ArrayBuffer>): void {
  const prepared = tryPrepare(bytes);
  if (prepared === undefined || !WebAssembly.validate(bytes)) return;
  const names = WebAssembly.Module.exports(new WebAssembly.Module(prepared.bytes)).map(({ name }) => name);
  const promised = [
    ...prepared.exports,
    ...prepared.initialisers,
    ...prepared.globalExports,
    ...prepared.tableExports,
    ...(prepared.memoryExport === undefined ? [] : [prepared.memoryExport]),
  ];
  expect(names).toEqual(expect.arrayContaining(promised));
}

const valueType = fc.constantFrom<WasmType>("i32", "i64", "f32", "f64", "v128", "funcref", "externref");
const instruction = fc.constantFrom<readonly number[]>(
  [0x01],
  [...wasmI32Const(-70_000), 0x1a],
  [0x02, 0x40, 0x0b],
  [0x03, 0x40, 0x0b],
  [...wasmI32Const(1), 0x04, 0x40, 0x05, 0x0b],
  [0x02, 0x40, ...wasmI32Const(0), 0x0e, 1, 0, 0, 0x0b],
  [0x44, 1, 2, 3, 4, 5, 6, 7, 8, 0x1a],
  [0x43, 1, 2, 3, 4, 0x1a],
  [0xfd, 12, ...wasmPreamble, ...wasmPreamble, 0x1a],
  [0xd0, 0x70, 0x1a],
  [...wasmI32Const(0), 0x28, 2, 0x80, 1, 0x1a],
  [0x3f, 0, 0x1a],
  [0x10, 0],
  [...wasmI32Const(0), ...wasmI32Const(0), ...wasmI32Const(0), 0xfc, 11, 0],
  [...wasmI32Const(0), ...wasmI32Const(0), ...wasmI32Const(0), 0xfc, 10, 0, 0],
  [...wasmI32Const(1), 0x43, 0, 0, 0, 0, 0xfc, 0, 0x6a, 0x1a],
  [0xd0, 0x70, ...wasmI32Const(1), 0xfc, 15, 0, 0x1a],
  [...wasmI32Const(0), 0xd0, 0x70, 0x26, 0],
  [...wasmI32Const(0), 0xfd, 0, 4, 0, 0xfd, 21, 1, 0x1a],
);
const func = fc.record({
  locals: fc.array(fc.record({ count: fc.nat(40), type: valueType }), { maxLength: 4 }),
  body: fc.array(instruction, { maxLength: 8 }).map((parts) => parts.flat()),
});
const extent = fc.record({
  min: fc.nat(5),
  max: fc.option(fc.integer({ min: 5, max: 60_000 }), { nil: undefined }),
});

function withoutAbsent<Extent extends { readonly min: number; readonly max: number | undefined }>({
  min,
  max,
}: Extent) {
  return max === undefined ? { min } : { min, max };
}

const parts: fc.Arbitrary<WasmParts> = fc
  .record({
    functions: fc.array(func, { minLength: 1, maxLength: 4 }),
    memory: extent,
    table: extent,
    globals: fc.array(
      fc.record({ isMutable: fc.boolean(), value: fc.nat(63) }).map(({ isMutable, value }) => ({
        type: "i32" as const,
        isMutable,
        init: wasmI32Const(value),
      })),
      { maxLength: 4 },
    ),
    names: fc.uniqueArray(fc.constantFrom("judge", "_start", "_initialize", "hs_init", "é")),
    hasImport: fc.boolean(),
    hasStart: fc.boolean(),
    custom: fc.uint8Array({ maxLength: 20 }),
  })
  .map(({ functions, memory, table, globals, names, hasImport, hasStart, custom }) => ({
    imports: hasImport ? [{ module: "wasi_snapshot_preview1", name: "fd_write" }] : [],
    functions,
    memories: [withoutAbsent(memory)],
    tables: [withoutAbsent(table)],
    globals,
    exports: names.map((name, index) => ({ name, index: index % functions.length })),
    ...(hasStart && { start: 0 }),
    elements: table.min > 0 ? [wasmElements(0, [0])] : [],
    data: memory.min > 0 ? [{ offset: 3, bytes: custom }] : [],
    customs: [{ name: "name", content: custom }],
  }));

test("modules of every make that fit the limits are accepted and validate afterwards", () => {
  let accepted = 0;
  fc.assert(
    fc.property(parts, (made) => {
      const bytes = writeWasm(made);
      const isValid = WebAssembly.validate(bytes);
      const fits = (made.memories?.[0]?.min ?? 0) <= 4;
      const prepared = tryPrepare(bytes);
      if (isValid) expect(prepared !== undefined).toBe(fits);
      if (isValid && fits) accepted += 1;
      checkPrepared(bytes);
    }),
    { numRuns: 300 },
  );
  expect(accepted).toBeGreaterThan(100);
});

test("random bytes after a preamble end in a failure or a module, nothing else", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      tryPrepare(bytes);
      checkPrepared(joinWasm([wasmPreamble, bytes]));
    }),
    { numRuns: 2_000 },
  );
});

test("random bodies in sections of every kind end in a failure or a module, nothing else", () => {
  const section = fc.tuple(fc.nat(14), fc.uint8Array({ maxLength: 40 }));
  fc.assert(
    fc.property(fc.array(section, { maxLength: 6 }), (list) => {
      const ordered = list.toSorted(([first], [second]) => first - second);
      checkPrepared(joinWasm([wasmPreamble, ...ordered.map(([id, body]) => wasmSection(id, body))]));
    }),
    { numRuns: 2_000 },
  );
});

test("modules with some bytes changed, removed or doubled end in a failure or a module, nothing else", () => {
  const edit = fc.record({
    at: fc.nat(),
    byte: fc.nat(255),
    kind: fc.constantFrom("set", "remove", "double"),
  });
  fc.assert(
    fc.property(parts, fc.array(edit, { minLength: 1, maxLength: 3 }), (made, edits) => {
      let bytes = writeWasm(made);
      for (const { at, byte, kind } of edits) {
        const index = at % bytes.length;
        const middle = kind === "set" ? [byte] : kind === "remove" ? [] : bytes.subarray(index, index + 8);
        const rest = kind === "double" ? index : index + 1;
        bytes = joinWasm([bytes.subarray(0, index), middle, bytes.subarray(rest)]);
      }
      checkPrepared(bytes);
    }),
    { numRuns: 3_000 },
  );
});

test("whatever the bytes, reading sections and signatures throws nothing but failures", () => {
  const signed = signModule(writeWasm({ functions: [{}] }), createSigningKey().privateKeyPem);
  const edit = fc.tuple(fc.nat(signed.length - 1), fc.nat(255));
  fc.assert(
    fc.property(fc.array(edit, { maxLength: 4 }), fc.nat(signed.length), (edits, length) => {
      const bytes = signed.slice(0, length);
      for (const [index, byte] of edits) if (index < length) bytes[index] = byte;
      for (const read of [readCustomSections, (file: Uint8Array) => checkSignature(file, [])]) {
        try {
          read(bytes);
        } catch (failure) {
          expect(failure).toBeInstanceOf(PluginFailure);
        }
      }
    }),
    { numRuns: 2_000 },
  );
});

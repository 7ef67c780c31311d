import { expect, test } from "bun:test";
import { type WasmParts, wasmU32, writeWasm } from "../../testing/index.ts";
import { PluginFailure } from "../failure.ts";
import type { PrepareOptions } from "./module-contents.ts";
import { prepareModule } from "./prepare-module.ts";

const options: PrepareOptions = {
  limits: { moduleBytes: 10_000, memoryBytes: 65_536, tableElements: 10 },
  offered: new Map(),
};
const unreachable = 0x00;
const end = 0x0b;

/** What may follow an opcode, in turn: nothing, indices, memory operands, lanes, constants, blocks. */
const operands: readonly (readonly number[])[] = [
  [],
  [0],
  [0, 0],
  ...[0, 1, 2, 3, 4].map((alignment) => [alignment, 0x80, 0x01]),
  ...[0, 1, 2, 3].map((alignment) => [alignment, 1, 0]),
  [1, 2, 3, 4],
  [1, 2, 3, 4, 5, 6, 7, 8],
  Array.from({ length: 16 }, (_, index) => index),
  [0x40, unreachable, end],
  [0x7f, unreachable, end],
  [0x40, unreachable, 0x05, unreachable, end],
  [0x40, 1, 2, 0, unreachable, end],
  [2, 0, 0, 0],
  [1, 0x7f],
  [0x70],
  [0x6f],
];

/** How many instructions to try behind each prefix. */
const prefixes = [
  [0xfb, 0x20],
  [0xfc, 0x20],
  [0xfd, 0x120],
  [0xfe, 0x50],
] as const;
const codes: readonly (readonly number[])[] = [
  ...Array.from({ length: 0xfb }, (_, code) => [code]),
  ...prefixes.flatMap(([prefix, length]) => Array.from({ length }, (_, code) => [prefix, ...wasmU32(code)])),
];

function moduleOf(instruction: readonly number[]): Uint8Array<ArrayBuffer> {
  const parts: WasmParts = {
    functions: [{ locals: [{ count: 1, type: "i32" }], body: [unreachable, ...instruction, unreachable] }],
    memories: [{ min: 1 }],
    tables: [{ min: 1 }],
    globals: [{ type: "i32", isMutable: true, init: [0x41, 0] }],
    elements: [[1, 0, 1, 0]],
  };
  return writeWasm(parts);
}

test("every instruction that the engine knows is read, and those of the garbage collector and of exceptions are refused", () => {
  const refused = new Set<number>();
  let accepted = 0;
  for (const code of codes) {
    for (const operand of operands) {
      const bytes = moduleOf([...code, ...operand]);
      if (!WebAssembly.validate(bytes)) continue;
      try {
        expect(WebAssembly.validate(prepareModule(bytes, options).bytes)).toBe(true);
        accepted += 1;
      } catch (failure) {
        if (!(failure instanceof PluginFailure) || failure.code !== "module_unsupported") throw failure;
        refused.add(code[0] ?? 0);
      }
    }
  }
  expect([...refused]).toEqual([0x06, 0x0a, 0x1f, 0xd3, 0xfb]);
  expect(accepted).toBeGreaterThan(450);
});

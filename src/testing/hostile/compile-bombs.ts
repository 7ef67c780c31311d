import {
  joinWasm,
  type WasmBytes,
  wasmName,
  wasmPreamble,
  wasmSection,
  wasmU32,
  wasmVector,
  writeWasm,
} from "../wasm-writer.ts";
import { op } from "./guest-writer.ts";
import type { HostileModule } from "./hostile-module.ts";

const unit: WasmBytes = [1, 0x60, 0, 0];
const runExport = joinWasm([[1], wasmName("run"), [0, 0]]);

function sections(...bodies: readonly (readonly [id: number, body: WasmBytes])[]): Uint8Array {
  return joinWasm([wasmPreamble, ...bodies.map(([id, body]) => wasmSection(id, body))]);
}

/** `count` functions of this code. */
function functions(count: number, code: WasmBytes): Uint8Array {
  const body = joinWasm([wasmU32(code.length), code]);
  const copies = new Uint8Array(body.length * count);
  for (let index = 0; index < count; index += 1) copies.set(body, index * body.length);
  return sections(
    [1, unit],
    [3, joinWasm([wasmU32(count), new Uint8Array(count)])],
    [7, runExport],
    [10, joinWasm([wasmU32(count), copies])],
  );
}

function oneFunction(...code: readonly WasmBytes[]): Uint8Array {
  return functions(1, joinWasm([[0], ...code, [op.end]]));
}

function repeat(bytes: readonly number[], count: number): Uint8Array {
  const repeated = new Uint8Array(bytes.length * count);
  for (let index = 0; index < count; index += 1) repeated.set(bytes, index * bytes.length);
  return repeated;
}

/** Small files that would take much time or memory to compile. */
export const compileBombs: readonly HostileModule[] = [
  {
    name: "millions of locals in many functions",
    make: () => functions(20_000, joinWasm([[1], wasmU32(50_000), [0x7e, op.end]])),
    expect: ["module_too_large"],
  },
  {
    name: "four billion locals in one function",
    make: () => functions(1, joinWasm([[1], wasmU32(0xffff_ffff), [0x7e, op.end]])),
    expect: ["module_too_large"],
  },
  {
    name: "10,000 exports",
    make: () =>
      writeWasm({
        functions: [{}],
        exports: Array.from({ length: 10_000 }, (_, index) => ({ name: `run${index}`, index: 0 })),
      }),
    expect: ["module_too_large"],
  },
  {
    name: "a function of ten megabytes",
    make: () => oneFunction(repeat([0x01], 10_000_000)),
    expect: ["module_too_large"],
  },
  {
    name: "blocks nested 100,000 deep",
    make: () => oneFunction(repeat([op.block, op.void], 100_000), repeat([op.end], 100_000)),
    expect: ["module_too_large"],
  },
  {
    name: "a million types",
    make: () => sections([1, joinWasm([wasmU32(1_000_000), repeat([0x60, 0, 0], 1_000_000)])]),
    expect: ["module_too_large"],
  },
  {
    name: "a million functions",
    make: () => functions(1_000_000, [0, op.end]),
    expect: ["module_too_large"],
  },
  {
    name: "a branch table of a million targets, many times",
    make: () =>
      oneFunction(
        ...Array.from({ length: 20 }, () =>
          joinWasm([
            [op.block, op.void, 0x41, 0, 0x0e],
            wasmU32(1_000_000),
            new Uint8Array(1_000_001),
            [op.end],
          ]),
        ),
      ),
    expect: ["module_too_large"],
  },
  {
    name: "a branch table that claims four billion targets",
    make: () => oneFunction([0x41, 0, 0x0e], wasmU32(0xffff_ffff), [0]),
    expect: ["module_invalid"],
  },
  {
    name: "a million data segments",
    make: () =>
      sections(
        [1, unit],
        [5, [1, 0, 1]],
        [11, joinWasm([wasmU32(1_000_000), repeat([0, 0x41, 0, 0x0b, 0], 1_000_000)])],
      ),
    expect: ["module_too_large"],
  },
  {
    name: "sections that claim four billion items",
    make: () => sections([1, unit], [3, wasmU32(0xffff_ffff)]),
    expect: ["module_invalid"],
  },
  {
    name: "calls by the hundred thousand in each of many functions",
    make: () => functions(40, joinWasm([[0], repeat([op.call, 0], 100_000), [op.end]])),
    expect: ["module_too_large"],
  },
  {
    name: "a hundred megabytes of custom sections",
    make: () =>
      writeWasm({ functions: [{}], customs: [{ name: "notes", content: new Uint8Array(31_000_000) }] }),
    expect: ["module_too_large"],
  },
  {
    name: "a manifest of megabytes",
    make: () =>
      writeWasm({
        functions: [{}],
        customs: [{ name: "hearth:manifest", content: new Uint8Array(2_000_000) }],
      }),
    expect: ["module_too_large"],
  },
  {
    name: "two manifests",
    make: () =>
      writeWasm({
        functions: [{}],
        customs: [
          { name: "hearth:manifest", content: [0x7b, 0x7d] },
          { name: "hearth:manifest", content: [0x7b, 0x7d] },
        ],
      }),
    expect: ["module_invalid"],
  },
  {
    name: "a name section that is garbage",
    make: () => joinWasm([wasmPreamble, wasmSection(0, joinWasm([wasmU32(0xffff_ffff), wasmVector([])]))]),
    expect: ["module_too_large"],
  },
];

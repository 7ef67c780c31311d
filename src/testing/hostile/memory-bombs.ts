import {
  joinWasm,
  wasmI32Const,
  wasmPreamble,
  wasmSection,
  wasmU32,
  wasmVector,
  writeWasm,
} from "../wasm-writer.ts";
import { forever, i64Const, op, writeGuest } from "./guest-writer.ts";
import type { HostileModule } from "./hostile-module.ts";

const memoryGrow = [0x40, 0];
const tableGrow = [0xfc, 15, 0];
const isMinusOne = [0x41, 0x7f, 0x46];
const trapIf = [op.if, op.void, op.unreachable, op.end];
const trapIfMinusOne = [...isMinusOne, ...trapIf];
const maxI64 = 2n ** 63n - 1n;

/** Grows by this many pages and writes to all of them, until there are no more. */
function growAndTouch(pages: number) {
  const [old] = [0];
  return forever(
    joinWasm([wasmI32Const(pages), memoryGrow, [op.localTee, old], trapIfMinusOne]),
    // memory.fill from the old end on, so that the pages are taken and not only promised.
    joinWasm([
      [op.localGet, old, 0x41, 16, 0x74],
      wasmI32Const(0x55),
      wasmI32Const(pages * 65_536),
      [0xfc, 11, 0],
    ]),
  );
}

const oneI32 = [{ count: 1, type: "i32" }] as const;

/** Guests that take more memory than they may. */
export const memoryBombs: readonly HostileModule[] = [
  {
    name: "linear memory in small steps",
    make: () => writeGuest({ functions: [{ locals: oneI32, code: () => [growAndTouch(1)] }] }),
    expect: ["memory_limit"],
  },
  {
    name: "linear memory in one huge step",
    make: () =>
      writeGuest({ functions: [{ code: () => [wasmI32Const(65_000), memoryGrow, trapIfMinusOne] }] }),
    expect: ["trap", "memory_limit"],
  },
  {
    name: "linear memory that nothing exports, in a start function",
    make: () =>
      writeGuest({
        functions: [{ code: () => [] }, { locals: oneI32, code: () => [growAndTouch(16)] }],
        start: 1,
      }),
    expect: ["memory_limit", "trap"],
  },
  {
    name: "a memory that begins above its limit",
    make: () => writeGuest({ functions: [{ code: () => [] }], memory: { min: 60_000 } }),
    expect: ["memory_limit"],
  },
  {
    name: "a second memory",
    make: () =>
      writeWasm({
        functions: [{}],
        memories: [{ min: 1 }, { min: 1 }],
        exports: [{ name: "run", index: 0 }],
      }),
    expect: ["module_unsupported"],
  },
  {
    name: "a memory with addresses of 64 bits",
    make: () =>
      joinWasm([
        wasmPreamble,
        wasmSection(1, [1, 0x60, 0, 0]),
        wasmSection(3, [1, 0]),
        wasmSection(5, [1, 4, 1]),
        wasmSection(7, [1, 3, ...new TextEncoder().encode("run"), 0, 0]),
        wasmSection(10, [1, 2, 0, op.end]),
      ]),
    expect: ["module_unsupported"],
  },
  {
    name: "Extism's memory in many small blocks",
    make: () =>
      writeGuest({ functions: [{ code: ({ host }) => [forever(i64Const(1n), host("alloc"), [op.drop])] }] }),
    expect: ["memory_limit"],
  },
  {
    name: "Extism's memory in blocks of a megabyte",
    make: () =>
      writeGuest({
        functions: [{ code: ({ host }) => [forever(i64Const(1_048_576n), host("alloc"), [op.drop])] }],
      }),
    expect: ["memory_limit"],
  },
  ...[2n ** 40n, -1n, maxI64, -(2n ** 63n)].map((size) => ({
    name: `a block of Extism's memory of ${size} bytes`,
    make: () =>
      writeGuest({ functions: [{ code: ({ host }) => [i64Const(size), host("alloc"), [op.drop]] }] }),
    expect: ["memory_limit"] as const,
  })),
  {
    name: "a block of Extism's memory whose size is no number",
    make: () =>
      writeWasm({
        types: [{}, { params: ["f64"], results: ["i64"] }],
        imports: [{ module: "extism:host/env", name: "alloc", type: 1 }],
        functions: [{ body: [0x44, 0, 0, 0, 0, 0, 0, 0xf8, 0x7f, op.call, 0, op.drop] }],
        exports: [{ name: "run", index: 1 }],
      }),
    expect: ["memory_limit", "bad_pointer"],
  },
  {
    name: "values of variables",
    make: () =>
      writeGuest({
        functions: [
          {
            locals: [{ count: 2, type: "i64" }],
            code: ({ host, text }) => [
              i64Const(900_000n),
              host("alloc"),
              [op.localSet, 0],
              ...["a", "b", "c"].map((name) => joinWasm([text(name), [op.localGet, 0], host("var_set")])),
            ],
          },
        ],
      }),
    expect: ["var_limit"],
  },
  {
    name: "names of variables",
    make: () =>
      writeGuest({
        functions: [
          {
            locals: [{ count: 1, type: "i64" }],
            // One block of 8,000 bytes whose first eight change: each is another name, with an empty value.
            code: ({ host }) => [
              i64Const(8_000n),
              host("alloc"),
              [op.localSet, 0],
              forever(
                [op.localGet, 0],
                [op.localGet, 0],
                [op.localGet, 0],
                host("load_u64"),
                i64Const(1n),
                [0x7c],
                host("store_u64"),
                [op.localGet, 0],
                i64Const(0n),
                host("alloc"),
                host("var_set"),
              ),
            ],
          },
        ],
      }),
    expect: ["var_limit", "bad_pointer"],
  },
  {
    name: "a table that grows",
    make: () =>
      writeGuest({
        functions: [{ code: () => [forever([0xd0, 0x70], wasmI32Const(10_000), tableGrow, trapIfMinusOne)] }],
        tables: [{ min: 1 }],
      }),
    expect: ["trap", "table_limit"],
  },
  {
    name: "a table that begins huge",
    make: () => writeGuest({ functions: [{ code: () => [] }], tables: [{ min: 10_000_000 }] }),
    expect: ["table_limit"],
  },
  {
    name: "a hundred tables that grow",
    make: () =>
      writeGuest({
        functions: [
          {
            code: () =>
              Array.from({ length: 100 }, (_, table) =>
                joinWasm([[0xd0, 0x70], wasmI32Const(60_000), [0xfc, 15, ...wasmU32(table)], trapIfMinusOne]),
              ),
          },
        ],
        tables: Array.from({ length: 100 }, () => ({ min: 0 })),
      }),
    expect: ["trap", "table_limit"],
  },
  {
    name: "objects of the garbage collector",
    make: () =>
      joinWasm([
        wasmPreamble,
        wasmSection(
          1,
          wasmVector([
            [0x5f, 0],
            [0x60, 0, 0],
          ]),
        ),
        wasmSection(3, [1, 1]),
        wasmSection(7, [1, 3, ...new TextEncoder().encode("run"), 0, 0]),
        wasmSection(
          10,
          wasmVector([[11, 0, op.loop, op.void, 0xfb, 0, 0, op.drop, op.branch, 0, op.end, op.end]]),
        ),
      ]),
    expect: ["module_unsupported"],
  },
];

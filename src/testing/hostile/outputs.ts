import { joinWasm, wasmI32Const } from "../wasm-writer.ts";
import { forever, i64Const, op, writeGuest } from "./guest-writer.ts";
import type { HostileModule } from "./hostile-module.ts";

const oneI64 = [{ count: 1, type: "i64" }] as const;

/** Answers with these bytes. */
export function saying(content: string | Uint8Array): Uint8Array<ArrayBuffer> {
  return writeGuest({ functions: [{ code: ({ output }) => [output(content)] }] });
}

/** A block of `size` bytes is the output, or `length` of them. */
function outputOf(size: bigint, length = size): Uint8Array {
  return writeGuest({
    functions: [
      { code: ({ host }) => [i64Const(size), host("alloc"), i64Const(length), host("output_set")] },
    ],
  });
}

/** Answers and logs that are too much, or no answer. */
export const outputs: readonly HostileModule[] = [
  {
    name: "an output of 200 MB in a block that is as large",
    make: () => outputOf(200_000_000n),
    expect: ["memory_limit"],
  },
  {
    name: "an output of 200 MB out of a small block",
    make: () => outputOf(16n, 200_000_000n),
    expect: ["bad_pointer"],
  },
  {
    name: "an output larger than its limit",
    make: () => outputOf(8_000_000n),
    expect: ["output_too_large"],
  },
  { name: "an output of a length below nothing", make: () => outputOf(16n, -1n), expect: ["bad_pointer"] },
  {
    name: "an output that was freed",
    make: () =>
      writeGuest({
        functions: [
          {
            locals: oneI64,
            code: ({ host }) => [
              i64Const(16n),
              joinWasm([host("alloc"), [op.localSet, 0]]),
              joinWasm([[op.localGet, 0], i64Const(16n), host("output_set"), [op.localGet, 0], host("free")]),
            ],
          },
        ],
      }),
    expect: ["bad_pointer"],
  },
  {
    name: "no output",
    make: () => writeGuest({ functions: [{ code: () => [] }] }),
    expect: ["output_missing"],
  },
  {
    name: "a code other than zero",
    make: () =>
      writeGuest({
        functions: [{ results: ["i32"], code: ({ output }) => [output("fine"), wasmI32Const(7)] }],
      }),
    expect: ["plugin_error"],
  },
  {
    name: "a code of 64 bits other than zero",
    make: () =>
      writeGuest({ functions: [{ results: ["i64"], code: ({ output }) => [output("fine"), i64Const(7n)] }] }),
    expect: ["plugin_error"],
  },
  {
    name: "an output that is not UTF-8",
    make: () => saying(Uint8Array.of(0x22, 0xc3, 0x28, 0x22)),
    call: { json: true },
    expect: ["output_not_utf8"],
  },
  {
    name: "an output with half a pair of surrogates",
    make: () => saying(Uint8Array.of(0x22, 0xed, 0xa0, 0x80, 0x22)),
    call: { json: true },
    expect: ["output_not_utf8"],
  },
  {
    name: "an output of 100,000 arrays in each other",
    make: () => saying("[".repeat(100_000) + "]".repeat(100_000)),
    call: { json: true },
    expect: ["output_not_json"],
  },
  {
    name: "an output of 100,000 objects in each other",
    make: () => saying('{"a":'.repeat(100_000)),
    call: { json: true },
    expect: ["output_not_json"],
  },
  {
    name: "lines logged without end",
    make: () =>
      writeGuest({ functions: [{ code: ({ text, host }) => [forever(text("spam"), host("log_info"))] }] }),
    expect: ["log_limit"],
  },
  {
    name: "empty lines logged without end",
    make: () =>
      writeGuest({ functions: [{ code: ({ text, host }) => [forever(text(""), host("log_info"))] }] }),
    expect: ["log_limit"],
  },
  {
    name: "one line of 8 MB logged",
    make: () =>
      writeGuest({
        functions: [{ code: ({ host }) => [i64Const(8_000_000n), host("alloc"), host("log_error")] }],
      }),
    expect: ["log_limit"],
  },
  {
    name: "an error of a megabyte",
    make: () =>
      writeGuest({
        functions: [
          { code: ({ text, host }) => [text(`\u001b[2J${"x".repeat(1_000_000)}`), host("error_set")] },
        ],
      }),
    expect: ["plugin_error"],
  },
  {
    name: "a trap",
    make: () => writeGuest({ functions: [{ code: () => [[op.unreachable]] }] }),
    expect: ["trap"],
  },
  {
    name: "a division by zero",
    make: () => writeGuest({ functions: [{ code: () => [[0x41, 1, 0x41, 0, 0x6d, op.drop]] }] }),
    expect: ["trap"],
  },
  {
    name: "an access outside its memory",
    make: () => writeGuest({ functions: [{ code: () => [wasmI32Const(-4), [0x28, 2, 0, op.drop]] }] }),
    expect: ["trap"],
  },
  {
    name: "an export that wants arguments",
    make: () => writeGuest({ functions: [{ params: ["i64"], code: () => [] }] }),
    expect: ["trap", "output_missing", "plugin_not_implemented"],
  },
];

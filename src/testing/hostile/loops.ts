import { joinWasm, writeWasm } from "../wasm-writer.ts";
import { endlessLoop, forever, i64Const, op, swallow, writeGuest } from "./guest-writer.ts";
import type { HostileModule } from "./hostile-module.ts";

const spin = { code: () => [endlessLoop] };
const nothing = { code: () => [] };
const legacyUnit = 0x00;

/** Guests that do not end, or end the stack. */
export const loops: readonly HostileModule[] = [
  {
    name: "a loop without end in the export",
    make: () => writeGuest({ functions: [spin] }),
    expect: ["timeout"],
  },
  {
    name: "a loop without end in a guest that could wait for the host",
    make: () =>
      writeGuest({
        functions: [{ code: ({ text, host }) => [endlessLoop, text("k"), host("kv_get"), [op.drop]] }],
      }),
    expect: ["timeout"],
  },
  {
    name: "a loop of calls of the host without end",
    make: () =>
      writeGuest({ functions: [{ code: ({ host }) => [forever(host("input_length"), [op.drop])] }] }),
    expect: ["timeout"],
  },
  {
    name: "a start function without end",
    make: () => writeGuest({ functions: [nothing, spin], start: 1 }),
    call: { limits: { loadTimeoutMs: 300 } },
    expect: ["timeout"],
  },
  ...["_start", "_initialize", "hs_init"].map((name) => ({
    name: `a loop without end in ${name}`,
    make: () => writeGuest({ functions: [nothing, spin], exports: { run: 0, [name]: 1 } }),
    call: { limits: { loadTimeoutMs: 300 } },
    expect: ["timeout"] as const,
  })),
  {
    name: "a loop that catches what the host throws",
    make: () =>
      writeGuest({
        functions: [
          {
            code: ({ host }) => [
              forever(swallow(i64Const(-1n), host("free"), i64Const(-1n), host("log_info"))),
            ],
          },
        ],
      }),
    expect: ["module_unsupported"],
  },
  {
    name: "a wait on an atomic",
    make: () =>
      writeGuest({
        functions: [{ code: () => [[0x41, 0, 0x41, 0], i64Const(-1n), [0xfe, 0x01, 2, 0, op.drop]] }],
      }),
    expect: ["trap", "module_invalid", "module_unsupported"],
  },
  {
    name: "a wait on shared memory",
    make: () =>
      writeWasm({
        functions: [{ body: joinWasm([[0x41, 0, 0x41, 0], i64Const(-1n), [0xfe, 0x01, 2, 0, op.drop]]) }],
        memories: [{ min: 1, max: 1, isShared: true }],
        exports: [{ name: "run", index: 0 }],
      }),
    expect: ["module_unsupported"],
  },
];

/** Guests that call without end. */
export const recursions: readonly HostileModule[] = [
  {
    name: "a function that calls itself without end",
    make: () => writeGuest({ functions: [{ code: ({ own }) => [own(0)] }] }),
    expect: ["stack_overflow"],
  },
  {
    name: "a function that calls itself without end on a stack that can be suspended",
    make: () =>
      writeGuest({
        functions: [{ code: ({ own, text, host }) => [own(0), text("k"), host("kv_get"), [op.drop]] }],
      }),
    expect: ["stack_overflow"],
  },
  {
    name: "functions that call each other without end",
    make: () => writeGuest({ functions: [{ code: ({ own }) => [own(1)] }, { code: ({ own }) => [own(0)] }] }),
    expect: ["stack_overflow"],
  },
  {
    name: "a function that calls itself through a table without end",
    make: () =>
      writeGuest({
        functions: [{ code: () => [[0x41, 0, op.callIndirect, 0, 0]] }],
        tables: [{ min: 1 }],
        tableFunctions: [0],
      }),
    expect: ["stack_overflow"],
  },
  {
    name: "a function with many locals that calls itself without end",
    make: () =>
      writeGuest({
        functions: [{ locals: [{ count: 10_000, type: "i64" }], code: ({ own }) => [own(0)] }],
      }),
    expect: ["stack_overflow"],
  },
  {
    name: "a recursion that calls the host at every level",
    make: () =>
      writeGuest({ functions: [{ code: ({ own, host }) => [host("input_length"), [op.drop], own(0)] }] }),
    expect: ["stack_overflow"],
  },
  {
    name: "a recursion that asks the server at every level",
    make: () =>
      writeGuest({
        functions: [{ code: ({ own, host, text }) => [text("k"), host("kv_get"), [op.drop], own(0)] }],
      }),
    call: { grants: { kv: {} } },
    // Every wait copies the stack that it leaves, so this may take its time instead.
    expect: ["stack_overflow", "call_limit", "timeout"],
  },
  {
    name: "a start function that calls itself without end",
    make: () => writeGuest({ functions: [nothing, { code: ({ own }) => [own(1)] }], start: 1 }),
    expect: ["stack_overflow"],
  },
  {
    name: "an exception that nobody catches",
    make: () => writeGuest({ functions: [{ code: () => [[op.throw, 0]] }], tags: [legacyUnit] }),
    expect: ["module_unsupported"],
  },
];

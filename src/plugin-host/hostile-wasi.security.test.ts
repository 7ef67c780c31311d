import { afterAll, expect, test } from "bun:test";
import { joinWasm, op, type WasmBytes, type WasmType, wasmI32Const, writeWasm } from "../testing/index.ts";
import { createArena } from "./hostile.fixture.ts";

const arena = createArena();
afterAll(() => arena[Symbol.asyncDispose]());

const wasi = "wasi_snapshot_preview1";
const badDescriptor = 8;
const i32 = "i32" as const;
const i64 = "i64" as const;

/** A guest that calls one function of WASI with these parameters and traps unless it answers with this number. */
function calling(
  name: string,
  params: readonly WasmType[],
  { args, answer, after = [] }: { args?: readonly number[]; answer?: number; after?: WasmBytes } = {},
): Uint8Array<ArrayBuffer> {
  const values = params.map((type, index) =>
    type === "i64" ? [0x42, 0] : wasmI32Const(args?.[index] ?? (index === 0 ? 3 : 64)),
  );
  const check =
    answer === undefined
      ? [op.drop]
      : joinWasm([wasmI32Const(answer), [0x47, op.if, op.void, op.unreachable, op.end]]);
  return writeWasm({
    types: [{}, { params, results: name === "proc_exit" ? [] : [i32] }],
    imports: [{ module: wasi, name, type: 1 }],
    functions: [{ body: joinWasm([...values, [op.call, 0], name === "proc_exit" ? [] : check, after]) }],
    memories: [{ min: 1 }],
    exports: [
      { name: "run", index: 1 },
      { name: "memory", kind: "memory", index: 0 },
    ],
  });
}

/** Files, folders and sockets: descriptor 3 is the first that a guest with rights would have. */
const reaching: readonly (readonly [name: string, params: readonly WasmType[]])[] = [
  ["fd_prestat_get", [i32, i32]],
  ["fd_prestat_dir_name", [i32, i32, i32]],
  ["fd_read", [i32, i32, i32, i32]],
  ["fd_pread", [i32, i32, i32, i64, i32]],
  ["fd_write", [i32, i32, i32, i32]],
  ["fd_pwrite", [i32, i32, i32, i64, i32]],
  ["fd_readdir", [i32, i32, i32, i64, i32]],
  ["fd_renumber", [i32, i32]],
  ["path_open", [i32, i32, i32, i32, i32, i64, i64, i32, i32]],
  ["path_filestat_get", [i32, i32, i32, i32, i32]],
  ["path_readlink", [i32, i32, i32, i32, i32, i32]],
  ["path_create_directory", [i32, i32, i32]],
  ["path_unlink_file", [i32, i32, i32]],
  ["path_rename", [i32, i32, i32, i32, i32, i32]],
  ["path_symlink", [i32, i32, i32, i32, i32]],
  ["sock_accept", [i32, i32, i32]],
  ["sock_recv", [i32, i32, i32, i32, i32, i32]],
  ["sock_send", [i32, i32, i32, i32, i32]],
];

test.each(reaching)("%s reaches nothing", async (name, params) => {
  const end = await arena.run(name, calling(name, params, { answer: badDescriptor }));
  expect(end).toMatchObject({ failure: { code: "output_missing" } });
});

/** Loads the count that WASI wrote and traps unless it is nothing. */
const trapUnlessZero = joinWasm([wasmI32Const(64), [0x28, 2, 0, op.if, op.void, op.unreachable, op.end]]);

test.each(["environ_sizes_get", "args_sizes_get"])("%s tells of nothing", async (name) => {
  const guest = calling(name, [i32, i32], { args: [64, 68], answer: 0, after: trapUnlessZero });
  expect(await arena.run(name, guest)).toMatchObject({ failure: { code: "output_missing" } });
});

test("a guest that ends itself ends its call and nothing else", async () => {
  const [end] = await Promise.all([
    arena.run("exits", calling("proc_exit", [i32], { args: [7] })),
    arena.echo("beside it"),
  ]);
  expect(end).toMatchObject({ failure: { code: "exit", message: "it ended itself with code 7" } });
  expect(arena.restarts).toEqual([]);
});

test("a guest that signals itself goes on", async () => {
  const end = await arena.run("raises", calling("proc_raise", [i32], { args: [9] }));
  expect(end).toMatchObject({ failure: { code: "output_missing" } });
  expect(arena.restarts).toEqual([]);
});

test("waiting for a clock does not hold up the process", async () => {
  const poll = calling("poll_oneoff", [i32, i32, i32, i32], { args: [64, 256, 1, 512] });
  const startedMs = performance.now();
  expect(await arena.run("polls", poll)).toMatchObject({ failure: { code: "output_missing" } });
  expect(performance.now() - startedMs).toBeLessThan(10_000);
});

test.each([
  ["random_get", [i32, i32], [-64, 1_024]],
  ["random_get", [i32, i32], [64, -1]],
  ["fd_write", [i32, i32, i32, i32], [1, -8, 1, 64]],
  ["fd_write", [i32, i32, i32, i32], [1, 64, -1, 64]],
  ["clock_time_get", [i32, i64, i32], [0, 0, -4]],
  ["poll_oneoff", [i32, i32, i32, i32], [-1, -1, -1, -1]],
  ["environ_sizes_get", [i32, i32], [-1, -1]],
] as const)("%s of addresses outside its memory writes nowhere", async (name, params, args) => {
  const end = await arena.run(`${name} ${args.join(" ")}`, calling(name, params, { args }));
  expect(end).toMatchObject({ failure: { code: "output_missing" } });
  await arena.echo();
});

test("standard output without end is a log without end", async () => {
  const writes = writeWasm({
    types: [{}, { params: [i32, i32, i32, i32], results: [i32] }],
    imports: [{ module: wasi, name: "fd_write", type: 1 }],
    functions: [
      {
        body: joinWasm([
          [op.loop, op.void],
          ...[1, 64, 1, 80].map(wasmI32Const),
          [op.call, 0, op.drop, op.branch, 0, op.end],
        ]),
      },
    ],
    memories: [{ min: 1 }],
    exports: [
      { name: "run", index: 1 },
      { name: "memory", kind: "memory", index: 0 },
    ],
    data: [{ offset: 64, bytes: [0, 1, 0, 0, 0, 16, 0, 0] }],
  });
  expect(await arena.run("writes", writes)).toMatchObject({ failure: { code: "log_limit" } });
});

test("passive elements that a call drops are there again for the next", async () => {
  const extism = "extism:host/env";
  const run = 3;
  const drops = writeWasm({
    types: [{}, { results: [i64] }, { params: [i64, i64] }],
    imports: [
      { module: extism, name: "input_offset", type: 1 },
      { module: extism, name: "input_length", type: 1 },
      { module: extism, name: "output_set", type: 2 },
    ],
    functions: [
      {
        body: joinWasm([
          ...[0, 0, 1].map(wasmI32Const),
          [0xfc, 12, 0, 0, 0xfc, 13, 0],
          [op.call, 0, op.call, 1, op.call, 2],
        ]),
      },
    ],
    tables: [{ min: 1 }],
    elements: [[1, 0, 1, run]],
    exports: [{ name: "run", index: run }],
  });
  for (const text of ["one", "two", "three"]) {
    expect(await arena.run("drops", drops, { input: text, json: true })).toMatchObject({ output: text });
  }
});

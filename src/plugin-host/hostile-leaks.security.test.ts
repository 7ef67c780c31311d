import { afterAll, beforeAll, expect, test } from "bun:test";
import { rmSync, writeFileSync } from "node:fs";
import {
  type GuestParts,
  type GuestWriter,
  type HttpFixture,
  i64Const,
  joinWasm,
  op,
  saying,
  sending,
  startHttpFixture,
  type WasmBytes,
  waitUntil,
  wasmI32Const,
  writeGuest,
  writeHttpAnswer,
} from "../testing/index.ts";
import { type Arena, type ArenaCall, createArena, echoModule, patience } from "./hostile.fixture.ts";

const secret = "the secret of another call";
let arena: Arena;
let server: HttpFixture;

beforeAll(async () => {
  arena = createArena();
  server = await startHttpFixture(({ target }, connection) => {
    const status = target === "/moved" ? 302 : 418;
    const location = { location: "http://169.254.169.254/latest/" };
    connection.end(
      writeHttpAnswer({
        status,
        body: secret,
        headers: { "x-secret": secret, ...(status === 302 && location) },
      }),
    );
  });
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await arena[Symbol.asyncDispose]();
});

async function textOf(name: string, module: Uint8Array, call: ArenaCall = {}): Promise<string> {
  const end = await arena.run(name, module, { ...call, limits: { ...patience, ...call.limits } });
  return end.ok ? new TextDecoder().decode(end.output as Uint8Array) : end.failure.code;
}

/** Answers "seen" where the i32 that the code leaves is other than zero. */
function telling(guest: GuestWriter, ...code: readonly WasmBytes[]): WasmBytes {
  return joinWasm([
    ...code,
    [op.if, op.void],
    guest.output("seen"),
    [0x05],
    guest.output("nothing"),
    [op.end],
  ]);
}

/** State that a call changes after it has looked whether another one did. */
const traces: readonly (readonly [what: string, parts: GuestParts])[] = [
  [
    "linear memory",
    {
      functions: [
        {
          code: (guest) => [
            telling(guest, wasmI32Const(60_000), [0x28, 2, 0]),
            joinWasm([wasmI32Const(60_000), wasmI32Const(1), [0x36, 2, 0]]),
          ],
        },
      ],
    },
  ],
  [
    "linear memory that was added",
    {
      functions: [
        {
          code: (guest) => [
            telling(guest, [0x3f, 0], wasmI32Const(1), [0x6b]),
            joinWasm([wasmI32Const(3), [0x40, 0, op.drop]]),
          ],
        },
      ],
    },
  ],
  [
    "more memory than is worth setting back",
    {
      memory: { min: 64 },
      functions: [
        {
          code: (guest) => [
            telling(guest, wasmI32Const(4_000_000), [0x28, 2, 0]),
            joinWasm([wasmI32Const(4_000_000), wasmI32Const(1), [0x36, 2, 0]]),
          ],
        },
      ],
    },
  ],
  [
    "a global",
    {
      globals: [{ type: "i32", isMutable: true, init: [0x41, 0] }],
      functions: [{ code: (guest) => [telling(guest, [op.globalGet, 0]), [0x41, 1, op.globalSet, 0]] }],
    },
  ],
  [
    "a global of vectors",
    {
      globals: [{ type: "v128", isMutable: true, init: [0xfd, 12, ...new Uint8Array(16)] }],
      functions: [
        {
          code: (guest) => [
            telling(guest, [op.globalGet, 0, 0xfd, 0x53]),
            [0xfd, 12, ...new Uint8Array(16).fill(1), op.globalSet, 0],
          ],
        },
      ],
    },
  ],
  [
    "an element of a table",
    {
      tables: [{ min: 2 }],
      tableFunctions: [0],
      functions: [
        {
          code: (guest) => [
            telling(guest, [0x41, 1, 0x25, 0, 0xd1, 0x45]),
            joinWasm([[0x41, 1], guest.reference(0), [0x26, 0]]),
          ],
        },
      ],
    },
  ],
  [
    "elements that were added to a table",
    {
      tables: [{ min: 1 }],
      functions: [
        {
          code: (guest) => [
            telling(guest, [0xfc, 16, 0, 0x41, 1, 0x6b]),
            [0xd0, 0x70, 0x41, 1, 0xfc, 15, 0, op.drop],
          ],
        },
      ],
    },
  ],
  [
    "a variable",
    {
      functions: [
        {
          code: (guest) => [
            telling(guest, guest.text("name"), guest.host("var_get"), i64Const(0n), [0x52]),
            joinWasm([guest.text("name"), guest.text(secret), guest.host("var_set")]),
          ],
        },
      ],
    },
  ],
  [
    "an error that was set",
    {
      functions: [
        {
          code: (guest) => [
            telling(guest, guest.host("error_get"), i64Const(0n), [0x52]),
            joinWasm([guest.text(secret), guest.host("error_set"), i64Const(0n), guest.host("error_set")]),
          ],
        },
      ],
    },
  ],
  [
    "memory shared with the host",
    {
      functions: [
        {
          locals: [{ count: 1, type: "i64" }],
          code: (guest) => [
            joinWasm([i64Const(64n), guest.host("alloc"), [op.localSet, 0]]),
            telling(guest, [op.localGet, 0], guest.host("load_u64"), i64Const(0n), [0x52]),
            joinWasm([[op.localGet, 0], i64Const(-1n), guest.host("store_u64")]),
          ],
        },
      ],
    },
  ],
];

test.each(traces)("what a call leaves in %s is gone in the next", async (what, parts) => {
  const module = writeGuest(parts);
  for (const round of [1, 2, 3, 4]) expect([round, await textOf(what, module)]).toEqual([round, "nothing"]);
});

test("blocks of a call are none in the next", async () => {
  // Where the first blocks of a call are: the output becomes one of them.
  const lengths = (guest: GuestWriter) =>
    [16n, 24n, 32n].map((address) => joinWasm([i64Const(address), guest.host("length")]));
  const peek = writeGuest({
    functions: [{ code: (guest) => [telling(guest, ...lengths(guest), [0x7c, 0x7c], i64Const(0n), [0x52])] }],
  });
  for (let round = 0; round < 3; round += 1) expect(await textOf("blocks", peek)).toBe("nothing");
});

test("what came over HTTP in one call is not told in the next", async () => {
  const request = JSON.stringify({ url: `http://127.0.0.1:${server.port}/` });
  const grants = { http: { hosts: [`127.0.0.1:${server.port}`] }, privateNetwork: true } as const;
  const guest = writeGuest({
    exports: { ask: 0, peek: 1, headers: 2 },
    functions: [
      {
        code: ({ text, host, output }) => [
          joinWasm([text(request), i64Const(0n), host("http_request"), [op.drop]]),
          output("asked"),
        ],
      },
      { code: (writer) => [telling(writer, writer.host("http_status_code"))] },
      { code: (writer) => [telling(writer, writer.host("http_headers"), i64Const(0n), [0x52])] },
    ],
  });
  for (const name of ["peek", "headers"]) {
    expect(await textOf("http", guest, { grants, export: "ask" })).toBe("asked");
    expect(await textOf("http", guest, { grants, export: name })).toBe("nothing");
  }
});

test("a guest reaches the server that it was granted, and is not sent on to one that it was not", async () => {
  const grants = { http: { hosts: [`127.0.0.1:${server.port}`] }, privateNetwork: true } as const;
  const ask = (path: string) => sending(JSON.stringify({ url: `http://127.0.0.1:${server.port}${path}` }));
  expect(await textOf("granted", ask("/"), { grants })).toBe(secret);
  expect(await textOf("moved", ask("/moved"), { grants })).toBe("http_host_not_granted");
  const { privateNetwork: _, ...hosts } = grants;
  expect(await textOf("private", ask("/"), { grants: hosts })).toBe("http_address_blocked");
});

test("an answer that unpacks to gigabytes ends the request", async () => {
  const bomb = Bun.gzipSync(new Uint8Array(20_000_000));
  await using bombs = await startHttpFixture((_, connection) => {
    connection.end(writeHttpAnswer({ body: bomb, headers: { "content-encoding": "gzip" } }));
  });
  const host = `127.0.0.1:${bombs.port}`;
  const end = await arena.run("gzip", sending(JSON.stringify({ url: `http://${host}/` })), {
    grants: { http: { hosts: [host] }, privateNetwork: true },
    limits: { httpResponseBytes: 1_000_000, timeoutMs: 3_000 },
  });
  expect(end).toMatchObject({ failure: { code: "http_too_large" } });
});

test("more HTTP requests than a call may make end it", async () => {
  const request = JSON.stringify({ url: `http://127.0.0.1:${server.port}/` });
  const guest = writeGuest({
    functions: [
      {
        code: ({ text, host }) =>
          Array.from({ length: 4 }, () =>
            joinWasm([text(request), i64Const(0n), host("http_request"), [op.drop]]),
          ),
      },
    ],
  });
  const before = server.requests.length;
  const end = await arena.run("many", guest, {
    grants: { http: { hosts: [`127.0.0.1:${server.port}`] }, privateNetwork: true },
    limits: { httpRequests: 3, timeoutMs: 3_000 },
  });
  expect(end).toMatchObject({ failure: { code: "call_limit" } });
  expect(server.requests.length - before).toBe(3);
});

test("a call that is cancelled during HTTP lets go of its connection", async () => {
  await using silent = await startHttpFixture(() => undefined);
  const host = `127.0.0.1:${silent.port}`;
  const caller = new AbortController();
  const call = arena.run("silent", sending(JSON.stringify({ url: `http://${host}/` })), {
    grants: { http: { hosts: [host] }, privateNetwork: true },
    limits: { timeoutMs: 5_000 },
    signal: caller.signal,
  });
  await waitUntil("it has asked", () => silent.requests.length === 1);
  caller.abort();
  expect(await call).toMatchObject({ failure: { code: "plugin_cancelled" } });
  await waitUntil("the connection is closed", () => silent.openConnections === 0);
  await arena.echo();
});

test("keys, values and questions that are too large never reach the server", async () => {
  const asked: string[] = [];
  const call: ArenaCall = {
    grants: { kv: {}, generate: true, embed: true },
    limits: { kvBytes: 1_000 },
    ask: async (question) => {
      asked.push(question.type);
      return { ok: true, value: undefined };
    },
  };
  const block = (bytes: number) => (guest: GuestWriter) =>
    joinWasm([i64Const(BigInt(bytes)), guest.host("alloc")]);
  const key = block(300);
  const value = block(2_000);
  const question = block(5_000_000);
  const uses: readonly (readonly [string, (guest: GuestWriter) => readonly WasmBytes[]])[] = [
    ["kv_limit", (guest) => [key(guest), guest.host("kv_get"), [op.drop]]],
    ["kv_limit", (guest) => [key(guest), guest.host("kv_list"), [op.drop]]],
    ["kv_limit", (guest) => [key(guest), guest.host("kv_delete")]],
    ["kv_limit", (guest) => [key(guest), guest.text("v"), guest.host("kv_set")]],
    ["kv_limit", (guest) => [guest.text("k"), value(guest), guest.host("kv_set")]],
    ["generate_failed", (guest) => [question(guest), guest.host("generate"), [op.drop]]],
    ["generate_failed", (guest) => [question(guest), guest.host("embed"), [op.drop]]],
  ];
  for (const [index, [code, use]] of uses.entries()) {
    const end = await arena.run(`large ${index}`, writeGuest({ functions: [{ code: use }] }), call);
    expect(end).toMatchObject({ failure: { code } });
  }
  expect(asked).toEqual([]);
});

test("an input that is larger than the shared memory is the caller's fault", async () => {
  const end = await arena.run("echo small", echoModule, {
    input: "x".repeat(100_000),
    limits: { blockBytes: 50_000 },
  });
  expect(end).toMatchObject({ failure: { code: "input_too_large" } });
});

test("a trap is no lack of memory where a guest began with much of it, or its input is large", async () => {
  const trapping = { functions: [{ code: () => [[op.unreachable]] }] };
  const megabyte = 1_048_576;
  const call = { limits: { memoryBytes: 2 * megabyte, blockBytes: 4 * megabyte } };
  expect(await textOf("begins full", writeGuest({ ...trapping, memory: { min: 32 } }), call)).toBe("trap");
  const input = "x".repeat(2 * megabyte);
  expect(await textOf("large input", writeGuest(trapping), { ...call, input })).toBe("trap");
});

test("what the host exports for itself cannot be called", async () => {
  const guest = writeGuest({
    functions: [{ code: ({ output }) => [output("started")] }, { code: () => [] }],
    exports: { run: 0, _initialize: 1 },
    start: 1,
  });
  for (const name of [
    "hearth:start",
    "hearth:_initialize",
    "_initialize",
    "hearth:memory",
    "toString",
    "__proto__",
  ]) {
    expect(await textOf("reserved", guest, { export: name })).toBe("plugin_not_implemented");
  }
});

test("a file that was changed, cut, emptied, removed or made a folder is not run", async () => {
  const good = saying("fine");
  const cut = good.subarray(0, good.length / 2);
  for (const [index, bytes] of [saying("evil"), cut, new Uint8Array()].entries()) {
    const spec = arena.specOf(`changed ${index}`, good);
    writeFileSync(spec.path, bytes);
    const end = await arena.pool.run(callOf(spec));
    expect(end).toMatchObject({ failure: { code: "plugin_changed" } });
  }
  const gone = arena.specOf("gone", good);
  rmSync(gone.path);
  expect(await arena.pool.run(callOf(gone))).toMatchObject({ failure: { code: "plugin_changed" } });
  const folder = { ...arena.specOf("folder", good), path: "/" };
  expect(await arena.pool.run(callOf(folder))).toMatchObject({ failure: { code: "plugin_changed" } });
});

test("a module that is cut anywhere is refused or does what is left of it", async () => {
  const whole = saying("x".repeat(2_000));
  for (let length = 0; length < whole.length; length += 64) {
    const end = await arena.run(`cut ${length}`, whole.subarray(0, length));
    expect(end.ok ? "ok" : end.failure.code).toBeOneOf(["module_invalid", "plugin_not_implemented"]);
  }
  await arena.echo();
});

function callOf(spec: ReturnType<Arena["specOf"]>) {
  return {
    spec,
    options: { export: "run", input: "", json: false },
    ask: async () => ({ ok: true as const, value: undefined }),
    isSuspect: false,
  };
}

import { afterEach, beforeEach, expect, test } from "bun:test";
import { endlessLoop, joinWasm, op, waitUntil, wasmI32Const, writeGuest } from "../testing/index.ts";
import { type Arena, createArena } from "./hostile.fixture.ts";
import type { HostCall, HostCallResult } from "./protocol.ts";

let arena: Arena;

beforeEach(() => {
  arena = createArena();
});

afterEach(async () => {
  await arena[Symbol.asyncDispose]();
});

const kv = { grants: { kv: {} } } as const;
const spinning = writeGuest({ functions: [{ code: () => [endlessLoop] }] });

/** Asks the key-value store for `key`, then answers with `output`. */
function asking(output: string, key = "key"): Uint8Array<ArrayBuffer> {
  return writeGuest({
    functions: [
      { code: (guest) => [guest.text(key), guest.host("kv_get"), [op.drop], guest.output(output)] },
    ],
  });
}

/** Asks the key-value store, then never ends. */
const spinningAfterwards = writeGuest({
  functions: [{ code: (guest) => [guest.text("k"), guest.host("kv_get"), [op.drop], endlessLoop] }],
});

const nothing: HostCallResult = { ok: true, value: undefined };

/** An answer of the server that comes when the test says so. */
function createGate() {
  const opened = Promise.withResolvers<HostCallResult>();
  const asked = Promise.withResolvers<void>();
  return {
    asked: asked.promise,
    open: () => opened.resolve(nothing),
    ask: (_call: HostCall) => {
      asked.resolve();
      return opened.promise;
    },
  };
}

test("a call that is moved to another process is not taken for one that waits there", async () => {
  await using two = createArena({ hosts: 2 });
  const patient = { ...kv, limits: { timeoutMs: 10_000 } };
  await two.run("waits", asking("of the one that waits"), patient);
  await two.run("waits", asking("of the one that waits"), patient);
  const gate = createGate();
  const waiting = two.run("waits", asking("of the one that waits"), { ...patient, ask: gate.ask });
  await gate.asked;
  await two.run("moves", asking("of the one that moves"), patient);
  const spin = two.run("spins", spinning, { limits: { timeoutMs: 1_500 } });
  const moved = await two.run("moves", asking("of the one that moves"), patient);
  gate.open();
  const decoder = new TextDecoder();
  const text = (end: typeof moved) => end.ok && decoder.decode(end.output as Uint8Array);
  expect(text(moved)).toBe("of the one that moves");
  expect(text(await waiting)).toBe("of the one that waits");
  expect(await spin).toMatchObject({ failure: { code: "timeout" } });
});

test("of two calls that go on at the same moment, the one that then spins is blamed", async () => {
  const gate = createGate();
  const spin = arena.run("spins", spinningAfterwards, { ...kv, ask: gate.ask, limits: { timeoutMs: 900 } });
  await gate.asked;
  const other = createGate();
  const innocent = arena.run("innocent", asking("done"), {
    ...kv,
    ask: other.ask,
    limits: { timeoutMs: 500 },
  });
  await other.asked;
  gate.open();
  other.open();
  expect(await spin).toMatchObject({ failure: { code: "timeout" } });
  const end = await innocent;
  expect(end.ok ? "ok" : end.failure.code).toBeOneOf(["ok", "plugin_host_died"]);
  expect(arena.restarts).toEqual(["spins"]);
});

test("a call that began while the one before it ended has a deadline too", async () => {
  const gate = createGate();
  const waiting = arena.run("waits", asking("done"), { ...kv, ask: gate.ask });
  await gate.asked;
  gate.open();
  const spin = await arena.run("spins", spinning);
  expect(spin).toMatchObject({ failure: { code: "timeout" } });
  expect((await waiting).ok).toBe(true);
});

test("memory of calls that wait is theirs, whoever has the thread when it is too much", async () => {
  const [pages, bytes] = [256, 256 * 65_536];
  const fill = joinWasm([wasmI32Const(0), wasmI32Const(1), wasmI32Const(bytes), [0xfc, 11, 0]]);
  const hog = writeGuest({
    functions: [{ code: (guest) => [fill, guest.text("k"), guest.host("kv_get"), [op.drop]] }],
    memory: { min: pages },
  });
  const innocent = writeGuest({ functions: [{ code: () => [fill, endlessLoop] }], memory: { min: pages } });
  const gate = createGate();
  let asked = 0;
  const ask = (call: HostCall) => {
    asked += 1;
    return gate.ask(call);
  };
  // As many as fit: the limit is 256 MiB and twice what one plugin may have.
  const hogs = Array.from({ length: 18 }, () =>
    arena.run("hog", hog, { ...kv, ask, limits: { timeoutMs: 5_000 } }),
  );
  await waitUntil("they all wait", () => asked === hogs.length || arena.restarts.length > 0);
  const end = await arena.run("innocent", innocent, {
    input: "x".repeat(bytes - 2 * 65_536),
    limits: { timeoutMs: 1_000 },
  });
  gate.open();
  await Promise.all(hogs);
  expect(arena.restarts).toEqual(["hog", "innocent"]);
  expect(end).toMatchObject({ failure: { code: "timeout" } });
});

test("a caller who has gone already is not answered by a guest", async () => {
  const asked: HostCall[] = [];
  const end = await arena.run("asks", asking("done"), {
    ...kv,
    signal: AbortSignal.abort(),
    ask: async (call) => {
      asked.push(call);
      return nothing;
    },
  });
  expect(end).toMatchObject({ failure: { code: "plugin_cancelled" } });
  await arena.echo();
  expect(asked).toEqual([]);
});

test("a call that waits for the server ends as soon as its caller goes", async () => {
  const gate = createGate();
  const caller = new AbortController();
  const call = arena.run("waits", asking("done"), { ...kv, ask: gate.ask, signal: caller.signal });
  await gate.asked;
  caller.abort();
  expect(await call).toMatchObject({ failure: { code: "plugin_cancelled" } });
  await waitUntil("nothing is inside", () => arena.pool.stats().waiting === 0);
  expect(arena.restarts).toEqual([]);
});

test("a call that waits too long for the server ends without the process", async () => {
  const gate = createGate();
  const waits = await arena.run("waits", asking("done"), { ...kv, ask: gate.ask });
  expect(waits).toMatchObject({ failure: { code: "timeout" } });
  await arena.echo();
  expect(arena.restarts).toEqual([]);
});

test("two calls of one plugin at once do not see each other", async () => {
  const input = writeGuest({
    functions: [
      {
        code: ({ host, text }) => [
          text("k"),
          host("kv_get"),
          [op.drop],
          host("input_offset"),
          host("input_length"),
          host("output_set"),
        ],
      },
    ],
  });
  const ends = await Promise.all(
    Array.from({ length: 20 }, (_, index) => arena.run("echoes", input, { ...kv, input: `call ${index}` })),
  );
  const texts = ends.map((end) => end.ok && new TextDecoder().decode(end.output as Uint8Array));
  expect(texts).toEqual(ends.map((_, index) => `call ${index}`));
});

test("a neighbour that has not begun is called again when the process is taken down", async () => {
  const [spin, ...others] = await Promise.all([
    arena.run("spins", spinning),
    ...Array.from({ length: 10 }, () => arena.run("other", asking("done"), kv)),
  ]);
  expect(spin).toMatchObject({ failure: { code: "timeout" } });
  expect(others.map(({ ok }) => ok)).toEqual(others.map(() => true));
});

test("a neighbour that has acted already is told that its process died, and is not called twice", async () => {
  const gate = createGate();
  let asked = 0;
  const acting = arena.run("acts", asking("done"), {
    ...kv,
    limits: { timeoutMs: 5_000 },
    ask: (call) => {
      asked += 1;
      return gate.ask(call);
    },
  });
  await gate.asked;
  await arena.run("spins", spinning);
  expect(await acting).toMatchObject({ failure: { code: "plugin_host_died" } });
  expect(asked).toBe(1);
});

test("many calls of a plugin that spins hold up nobody else: after two the rest is refused", async () => {
  const spins = Array.from({ length: 12 }, () => arena.run("spins", spinning));
  await arena.echo("behind all of them");
  expect(arena.restarts.length).toBeLessThan(3);
  const codes = (await Promise.all(spins)).map((end) => (end.ok ? "ok" : end.failure.code));
  expect(codes.filter((code) => code === "timeout")).toHaveLength(2);
  expect(codes.filter((code) => code === "plugin_quarantined")).toHaveLength(10);
  expect(arena.restarts).toEqual(["spins", "spins"]);
});

import { afterEach, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { getPriority } from "node:os";
import { systemClock } from "../resilience/index.ts";
import {
  createFakeClock,
  createTemporaryFolder,
  endlessLoop,
  isProcessAlive,
  makeJudge,
  makeJudgeOf,
  makeSpinningJudge,
  op,
  waitUntil,
} from "../testing/index.ts";
import type { Failure } from "./failure.ts";
import type { NewJob } from "./job.ts";
import { type Limits, resolveLimits } from "./limits.ts";
import { createPool, idleAfterMs, maxWaitingCalls, type Pool, type PoolOptions } from "./pool.ts";
import type { GuestSpec, HostCallResult } from "./protocol.ts";

const pass = '{"verdict":"pass"}';
const folder = createTemporaryFolder();
const pools: Pool[] = [];
afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.stop()));
});

function open(options: Partial<PoolOptions> = {}) {
  const restarts: (string | undefined)[] = [];
  const pool = createPool({ clock: systemClock, onRestart: (plugin) => restarts.push(plugin), ...options });
  pools.push(pool);
  const run = (spec: GuestSpec, call: Partial<NewJob> & { isSuspect?: boolean } = {}) =>
    pool.run({
      spec,
      options: { export: "judge", input: "{}", json: true },
      ask: async () => ({ ok: true, value: undefined }),
      isSuspect: false,
      ...call,
    });
  return { pool, run, restarts };
}

function specOf(name: string, module: Uint8Array, limits: Partial<Limits> = {}): GuestSpec {
  const path = folder.file(`${name}.wasm`);
  writeFileSync(path, module);
  const sha256 = createHash("sha256").update(module).digest("hex");
  return { key: name, name, path, sha256, limits: resolveLimits(limits), grants: { kv: {} }, config: {} };
}

const good = specOf("good", makeJudge("good", pass));
const spin = specOf("spin", makeSpinningJudge("spin"), { timeoutMs: 300 });
const waits = specOf(
  "waits",
  makeJudgeOf("waits", (guest) => [
    ...[guest.text("key"), guest.host("kv_get"), guest.host("error_set")],
    guest.output(pass),
  ]),
);

test("a call that waited behind one that was killed is answered by the next process", async () => {
  const { run, restarts } = open({ hosts: 1 });
  expect(await run(good)).toMatchObject({ ok: true });
  const [bad, behind] = await Promise.all([run(spin), run(good)]);
  expect(bad).toMatchObject({ ok: false, failure: { code: "timeout" } });
  expect(behind).toMatchObject({ ok: true, output: pass });
  expect(restarts).toEqual(["spin"]);
});

test("a call that had asked for something is not made twice when a neighbour takes the process down", async () => {
  const { run } = open({ hosts: 1 });
  const asked = Promise.withResolvers<void>();
  let times = 0;
  const ask = () => {
    times += 1;
    asked.resolve();
    return new Promise<HostCallResult>(() => undefined);
  };
  const waiting = run(waits, { ask });
  await asked.promise;
  expect(await run(spin)).toMatchObject({ failure: { code: "timeout" } });
  expect(await waiting).toMatchObject({ failure: { code: "plugin_host_died" } });
  expect(times).toBe(1);
});

test("while one call waits for the server, others of the same process are answered", async () => {
  const { run, pool } = open({ hosts: 1 });
  const reply = Promise.withResolvers<HostCallResult>();
  const waiting = run(waits, { ask: () => reply.promise });
  expect(await run(good)).toMatchObject({ ok: true });
  expect(pool.stats()).toMatchObject({ processes: 1, waiting: 1 });
  reply.resolve({ ok: true, value: new TextEncoder().encode("stored") });
  expect(await waiting).toMatchObject({ failure: { code: "plugin_error", message: "stored" } });
});

test("a call that waits too long is ended alone, and its process stays", async () => {
  const { run, restarts } = open({ hosts: 1 });
  const slow = { ...waits, key: "slow", limits: resolveLimits({ timeoutMs: 200 }) };
  const waiting = run(slow, { ask: () => new Promise<HostCallResult>(() => undefined) });
  expect(await waiting).toMatchObject({ failure: { code: "timeout" } });
  expect(await run(good)).toMatchObject({ ok: true });
  expect(restarts).toEqual([]);
});

test("a plugin that is loaded while another call keeps the thread is not to blame for it", async () => {
  const { run, pool, restarts } = open({ hosts: 1 });
  const asked = Promise.withResolvers<void>();
  const reply = Promise.withResolvers<HostCallResult>();
  const ask = () => {
    asked.resolve();
    return reply.promise;
  };
  const module = makeJudgeOf("returns", (guest) => [
    ...[guest.text("key"), guest.host("kv_get"), [op.drop]],
    endlessLoop,
  ]);
  const returning = run(specOf("returns", module, { timeoutMs: 1_500 }), { ask });
  await asked.promise;
  reply.resolve({ ok: true, value: undefined });
  const [pid = 0] = pool.stats().pids;
  await waitUntil("it keeps the thread", () => getPriority(pid) === 19);
  const loading = run({ ...good, key: "new", limits: resolveLimits({ loadTimeoutMs: 300 }) });
  expect(await returning).toMatchObject({ failure: { code: "timeout" } });
  expect(await loading).toMatchObject({ ok: true });
  expect(restarts).toEqual(["returns"]);
});

test("a call whose plugin is switched off while its process starts ends, and does not run", async () => {
  const { run, pool } = open({ hosts: 1 });
  let times = 0;
  const ask = async () => {
    times += 1;
    return { ok: true as const, value: undefined };
  };
  const entering = run(waits, { ask });
  pool.end("waits", { code: "plugin_disabled", message: "it was switched off" });
  expect(await entering).toMatchObject({ failure: { code: "plugin_disabled" } });
  expect(await run(good)).toMatchObject({ ok: true });
  expect(times).toBe(0);
});

test("a caller that goes away is answered at once", async () => {
  const { run } = open({ hosts: 1 });
  const abort = new AbortController();
  const asked = Promise.withResolvers<void>();
  const ask = () => {
    asked.resolve();
    return new Promise<HostCallResult>(() => undefined);
  };
  const waiting = run(waits, { ask, signal: abort.signal });
  await asked.promise;
  abort.abort();
  expect(await waiting).toMatchObject({ failure: { code: "plugin_cancelled" } });
  expect(await run(good)).toMatchObject({ ok: true });
});

test("a call that goes on without its caller is told of when it breaks a limit", async () => {
  const { run, pool } = open({ hosts: 1 });
  const abort = new AbortController();
  const late = Promise.withResolvers<Failure>();
  const spinning = run(spin, { signal: abort.signal, onLate: late.resolve });
  await waitUntil("it has the thread", () => pool.facts("spin") !== undefined);
  abort.abort();
  expect(await spinning).toMatchObject({ failure: { code: "plugin_cancelled" } });
  expect(await late.promise).toMatchObject({ code: "timeout" });
});

test("a call that has the thread for long gives way to everything else on the machine", async () => {
  const { run, pool } = open({ hosts: 1 });
  expect(await run(good)).toMatchObject({ ok: true });
  const [pid = 0] = pool.stats().pids;
  expect(getPriority(pid)).toBe(10);
  const spinning = run(spin);
  await waitUntil("it has the lowest priority", () => getPriority(pid) === 19);
  expect(await spinning).toMatchObject({ failure: { code: "timeout" } });
  expect(await run(good)).toMatchObject({ ok: true });
  expect(pool.stats().pids.map(getPriority)).toEqual([10]);
});

test("a plugin that broke a limit before runs in a process apart from those that did not", async () => {
  const { run, pool, restarts } = open({ hosts: 1 });
  const [apart, beside] = await Promise.all([run(spin, { isSuspect: true }), run(good)]);
  expect(apart).toMatchObject({ failure: { code: "timeout" } });
  expect(beside).toMatchObject({ ok: true });
  expect(pool.facts("good")).toBeDefined();
  expect(restarts).toEqual(["spin"]);
});

test("processes that nobody calls end, and the next call starts one", async () => {
  const clock = createFakeClock();
  const { run, pool } = open({ clock });
  expect(await run(good)).toMatchObject({ ok: true });
  expect(pool.stats().processes).toBe(1);
  clock.advance(idleAfterMs * 2);
  await waitUntil("no process is left", () => pool.stats().processes === 0);
  expect(await run(good)).toMatchObject({ ok: true });
});

test("more calls than may wait are refused at once", async () => {
  const { run } = open({ hosts: 1 });
  const endless = { ...spin, key: "endless", limits: resolveLimits({ timeoutMs: 60_000 }) };
  const waiting = Array.from({ length: maxWaitingCalls }, () => run(endless));
  expect(await run(good)).toMatchObject({ failure: { code: "plugin_busy" } });
  await pools.splice(0)[0]?.stop();
  expect(
    (await Promise.all(waiting)).every((end) => !end.ok && end.failure.code === "plugin_cancelled"),
  ).toBe(true);
});

test("a process that is killed from outside costs its calls nothing", async () => {
  const { run, pool } = open({ hosts: 1 });
  expect(await run(good)).toMatchObject({ ok: true });
  const [pid = 0] = pool.stats().pids;
  process.kill(pid, "SIGKILL");
  expect(await run(good)).toMatchObject({ ok: true });
});

test("stopping leaves no process, and refuses what comes after", async () => {
  const { run, pool } = open();
  expect(await run(good)).toMatchObject({ ok: true });
  const { pids } = pool.stats();
  await pool.stop();
  expect(pids.map(isProcessAlive)).toEqual([false]);
  expect(await run(good)).toMatchObject({ failure: { code: "plugin_cancelled" } });
});

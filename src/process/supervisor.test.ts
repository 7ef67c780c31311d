import { expect, test } from "bun:test";
import { join } from "node:path";
import { AppError } from "../base/index.ts";
import { breakerPresets } from "../resilience/index.ts";
import { createFakeClock, type FakeClock, waitUntil } from "../testing/index.ts";
import { type HostExit, type HostHandle, spawnHost } from "./spawn-host.ts";
import { backoffMs, type StartedHost, Supervisor } from "./supervisor.ts";

const { failuresToOpen, openMs: circuitOpenMs } = breakerPresets.default;

const fixtures = join(import.meta.dir, "..", "testing", "fixtures");

function startFixture(fileName: string): StartedHost<HostHandle> {
  const { promise, resolve } = Promise.withResolvers<HostHandle>();
  const host: HostHandle = spawnHost<never, unknown>({
    role: "engine-host",
    command: [process.execPath, join(fixtures, fileName)],
    onMessage: () => resolve(host),
  });
  return { host, ready: promise };
}

/** A host without a process, which the test ends by hand. */
function createScriptedHost() {
  const { promise, resolve } = Promise.withResolvers<HostExit>();
  const state = { exited: false };
  const end = (exit: HostExit) => {
    state.exited = true;
    resolve(exit);
  };
  const host: HostHandle = {
    pid: 0,
    exited: promise,
    get hasExited() {
      return state.exited;
    },
    kill: (reason = "requested") => end({ code: null, signal: "SIGKILL", stderrTail: "", killedFor: reason }),
    memoryBytes: () => undefined,
  };
  return { host, end };
}

const crash: HostExit = { code: null, signal: "SIGABRT", stderrTail: "" };

/** A supervisor over scripted hosts: `behaviour` says for each start whether it becomes ready. */
function createScripted(clock: FakeClock, isReady: () => boolean) {
  const hosts: ReturnType<typeof createScriptedHost>[] = [];
  const supervisor = new Supervisor<number>({
    name: "the test host",
    readyTimeoutMs: 1000,
    clock,
    start: () => {
      const scripted = createScriptedHost();
      hosts.push(scripted);
      if (!isReady()) scripted.end(crash);
      return {
        host: scripted.host,
        ready: isReady() ? Promise.resolve(hosts.length) : new Promise(() => undefined),
      };
    },
  });
  return { supervisor, hosts };
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  return await promise.then(
    () => "resolved",
    (error: unknown) => (error instanceof AppError ? error.code : String(error)),
  );
}

test("a killed host is replaced on the next demand", async () => {
  const exits: HostExit[] = [];
  const supervisor = new Supervisor({
    name: "the test host",
    readyTimeoutMs: 20_000,
    start: () => startFixture("echo-host.ts"),
    onExit: (exit) => exits.push(exit),
  });
  const first = await supervisor.acquire();
  process.kill(first.pid, "SIGKILL");
  await waitUntil("the death is noticed", () => supervisor.current === undefined);
  const second = await supervisor.acquire();
  expect(second.pid).not.toBe(first.pid);
  expect(exits.map((exit) => exit.signal)).toEqual(["SIGKILL"]);
  expect(supervisor.restarts).toBe(1);
  await supervisor.stop();
  expect(second.hasExited).toBe(true);
  expect(await codeOf(supervisor.acquire())).toBe("shutting_down");
});

test("a host that hangs past its ready deadline is killed", async () => {
  const clock = createFakeClock();
  const started: HostHandle[] = [];
  const supervisor = new Supervisor({
    name: "the test host",
    readyTimeoutMs: 5_000,
    clock,
    start: () => {
      const result = startFixture("silent-host.ts");
      started.push(result.host);
      return result;
    },
  });
  const failure = supervisor.acquire().catch((error: unknown) => error);
  await waitUntil("the deadline is armed", () => clock.pending > 0);
  clock.advance(4_999);
  expect(supervisor.state).toBe("starting");
  clock.advance(1);
  expect(await failure).toMatchObject({
    code: "model_load_failed",
    message: expect.stringContaining("5000 ms"),
  });
  expect((await started[0]?.exited)?.killedFor).toBe("ready-deadline");
});

test("a program that cannot be run is a failed start, not a crash", async () => {
  const supervisor = new Supervisor({
    name: "the test host",
    readyTimeoutMs: 1000,
    start: () => {
      const host = spawnHost({
        role: "engine-host",
        command: ["/nonexistent/program"],
        onMessage: () => undefined,
      });
      return { host, ready: Promise.resolve(host) };
    },
  });
  expect(await codeOf(supervisor.acquire())).toBe("server_error");
  expect(supervisor.state).toBe("idle");
});

test("demands that come while a host starts share that start", async () => {
  const { supervisor, hosts } = createScripted(createFakeClock(), () => true);
  expect(await Promise.all([supervisor.acquire(), supervisor.acquire()])).toEqual([1, 1]);
  expect(hosts).toHaveLength(1);
});

test("an aborted demand stops waiting and leaves the start to the others", async () => {
  const { supervisor } = createScripted(createFakeClock(), () => true);
  const controller = new AbortController();
  const aborted = supervisor.acquire(controller.signal);
  const other = supervisor.acquire();
  controller.abort(new AppError("cancelled", "the client went away"));
  expect(await codeOf(aborted)).toBe("cancelled");
  expect(await other).toBe(1);
});

test("the first restart is at once and later ones wait twice as long each", () => {
  expect([0, 1, 2, 3, 4, 40].map(backoffMs)).toEqual([0, 0, 200, 400, 800, 5000]);
});

test("a start after two failures waits for the backoff", async () => {
  const clock = createFakeClock(1_000_000);
  const { supervisor, hosts } = createScripted(clock, () => false);
  await codeOf(supervisor.acquire());
  await codeOf(supervisor.acquire());
  const third = codeOf(supervisor.acquire());
  await waitUntil("the wait has begun", () => clock.pending === 1);
  clock.advance(199);
  expect(hosts).toHaveLength(2);
  clock.advance(1);
  expect(await third).toBe("model_load_failed");
  expect(hosts).toHaveLength(3);
});

/** Fails `count` starts in a row, letting each backoff pass. */
async function failStarts(supervisor: Supervisor<number>, clock: FakeClock, count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    const result = codeOf(supervisor.acquire());
    await Promise.resolve();
    clock.advance(backoffMs(failuresToOpen));
    expect(await result).toBe("model_load_failed");
  }
}

test("five failures in a row open the circuit, and one probe closes it after half a minute", async () => {
  const clock = createFakeClock(1_000_000);
  let isReady = false;
  const { supervisor, hosts } = createScripted(clock, () => isReady);
  await failStarts(supervisor, clock, failuresToOpen);
  expect(supervisor.state).toBe("circuit-open");
  expect(await codeOf(supervisor.acquire())).toBe("circuit_open");
  clock.advance(circuitOpenMs - 1);
  expect(await codeOf(supervisor.acquire())).toBe("circuit_open");
  expect(hosts).toHaveLength(failuresToOpen);
  clock.advance(1);
  isReady = true;
  expect(await supervisor.acquire()).toBe(failuresToOpen + 1);
  expect(supervisor.state).toBe("ready");
});

test("a probe that fails opens the circuit again", async () => {
  const clock = createFakeClock(1_000_000);
  const { supervisor } = createScripted(clock, () => false);
  await failStarts(supervisor, clock, failuresToOpen);
  clock.advance(circuitOpenMs);
  expect(await codeOf(supervisor.acquire())).toBe("model_load_failed");
  expect(await codeOf(supervisor.acquire())).toBe("circuit_open");
});

test("a host that becomes ready and then dies each time opens the circuit too", async () => {
  const clock = createFakeClock(1_000_000);
  const { supervisor, hosts } = createScripted(clock, () => true);
  for (let index = 0; index < failuresToOpen; index += 1) {
    const ready = supervisor.acquire();
    await Promise.resolve();
    clock.advance(backoffMs(failuresToOpen));
    await ready;
    hosts.at(-1)?.end(crash);
  }
  expect(await codeOf(supervisor.acquire())).toBe("circuit_open");
});

test("work that succeeded between two deaths keeps the circuit closed", async () => {
  const { supervisor, hosts } = createScripted(createFakeClock(), () => true);
  for (let index = 0; index < failuresToOpen + 2; index += 1) {
    await supervisor.acquire();
    supervisor.recordSuccess();
    hosts.at(-1)?.end(crash);
  }
  expect(await supervisor.acquire()).toBe(failuresToOpen + 3);
});

test("a start that is called off is no failure, and the next demand starts again", async () => {
  const supervisor = new Supervisor({
    name: "the test host",
    readyTimeoutMs: 20_000,
    start: () => startFixture("silent-host.ts"),
  });
  const started = codeOf(supervisor.acquire());
  await waitUntil("it is starting", () => supervisor.state === "starting");
  await supervisor.rest();
  expect(await started).toBe("shutting_down");
  expect(supervisor.state).toBe("idle");
  expect(supervisor.lastError).toBeUndefined();
  await supervisor.stop();
});

test("a host at rest is gone, counts as no failure and is started again on demand", async () => {
  const supervisor = new Supervisor({
    name: "the test host",
    readyTimeoutMs: 20_000,
    start: () => startFixture("echo-host.ts"),
  });
  const first = await supervisor.acquire();
  await supervisor.rest();
  expect(first.hasExited).toBe(true);
  expect(supervisor.state).toBe("idle");
  expect(supervisor.lastError).toBeUndefined();
  const second = await supervisor.acquire();
  expect(second.pid).not.toBe(first.pid);
  expect(supervisor.restarts).toBe(0);
  await supervisor.stop();
});

test("work that comes while a host is being put to rest gets the next host", async () => {
  const supervisor = new Supervisor({
    name: "the test host",
    readyTimeoutMs: 20_000,
    start: () => startFixture("echo-host.ts"),
  });
  const first = await supervisor.acquire();
  const resting = supervisor.rest();
  const atOnce = supervisor.acquire();
  await waitUntil("the first host is gone", () => first.hasExited);
  const [second, third] = await Promise.all([atOnce, supervisor.acquire(), resting]);
  expect(second.pid).not.toBe(first.pid);
  expect(third.pid).toBe(second.pid);
  await supervisor.stop();
});

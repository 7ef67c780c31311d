import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { AppError } from "../base/index.ts";
import { isProcessAlive, readCpuTicks, waitUntil } from "../testing/index.ts";
import { type Host, type SpawnOptions, spawnHost, stderrTailLines } from "./spawn-host.ts";

type EchoIn =
  | { type: "echo"; bytes: Uint8Array }
  | { type: "complain"; lines: number }
  | { type: "exit"; code: number }
  | { type: "hoard"; bytes: number };
type EchoOut = { type: "ready" } | { type: "echo"; bytes: Uint8Array };

const fixtures = join(import.meta.dir, "..", "testing", "fixtures");

/** Starts the echo host and returns it once it is ready, with a function that waits for its next message. */
async function startEchoHost(options: Partial<SpawnOptions<EchoOut>> = {}) {
  let onNext: (message: EchoOut) => void = () => undefined;
  const next = () => new Promise<EchoOut>((resolve) => (onNext = resolve));
  const ready = next();
  const host: Host<EchoIn> = spawnHost<EchoIn, EchoOut>({
    role: "engine-host",
    command: [process.execPath, join(fixtures, "echo-host.ts")],
    onMessage: (message) => onNext(message),
    ...options,
  });
  expect(await ready).toEqual({ type: "ready" });
  return { host, next, [Symbol.dispose]: () => host.kill() };
}

test("bytes go to a host and come back as they were", async () => {
  using echo = await startEchoHost();
  const answer = echo.next();
  echo.host.send({ type: "echo", bytes: new Uint8Array([0, 255, 10, 13]) });
  expect(await answer).toEqual({ type: "echo", bytes: new Uint8Array([0, 255, 10, 13]) });
});

test("a SIGKILL of the host from outside is reported as that signal", async () => {
  using echo = await startEchoHost();
  process.kill(echo.host.pid, "SIGKILL");
  const exit = await echo.host.exited;
  expect(exit).toEqual({ code: null, signal: "SIGKILL", stderrTail: "" });
  expect(echo.host.hasExited).toBe(true);
});

test("an exit code is reported, with no reason of this side", async () => {
  using echo = await startEchoHost();
  echo.host.send({ type: "exit", code: 3 });
  expect(await echo.host.exited).toEqual({ code: 3, signal: null, stderrTail: "" });
});

test("kill ends the host and the exit says why", async () => {
  using echo = await startEchoHost();
  echo.host.kill("unresponsive");
  expect((await echo.host.exited).killedFor).toBe("unresponsive");
});

test("sending to a dead host throws host_died", async () => {
  using echo = await startEchoHost();
  echo.host.kill();
  await echo.host.exited;
  let thrown: unknown;
  try {
    echo.host.send({ type: "exit", code: 0 });
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(AppError);
  expect(thrown).toHaveProperty("code", "host_died");
});

test("only the last lines of stderr are kept", async () => {
  using echo = await startEchoHost();
  const said = echo.next();
  echo.host.send({ type: "complain", lines: stderrTailLines + 500 });
  await said;
  echo.host.kill();
  const lines = (await echo.host.exited).stderrTail.split("\n");
  expect(lines).toHaveLength(stderrTailLines);
  expect(lines.at(-1)).toBe(`line ${stderrTailLines + 499}`);
});

test.if(process.platform === "linux")("a host inherits nothing of the environment", async () => {
  using echo = await startEchoHost({ environment: { HEARTH_HOST_TEST: "given" } });
  const names = readFileSync(`/proc/${echo.host.pid}/environ`, "latin1")
    .split("\0")
    .filter((entry) => entry !== "")
    .map((entry) => entry.slice(0, entry.indexOf("=")));
  expect(names).toContain("HEARTH_HOST_TEST");
  expect(names.filter((name) => !/^(HEARTH_HOST_TEST|NODE_CHANNEL_.*)$/.test(name))).toEqual([]);
});

test.if(process.platform === "linux")(
  "a host that takes more memory than its limit is killed for it",
  async () => {
    using echo = await startEchoHost();
    echo.host.limitMemory(200 * 2 ** 20);
    expect(echo.host.memoryBytes() ?? 0).toBeGreaterThan(2 ** 20);
    echo.host.send({ type: "hoard", bytes: 220 * 2 ** 20 });
    expect((await echo.host.exited).killedFor).toBe("memory-limit");
  },
);

test("terminal and service signals do not end a host", async () => {
  using echo = await startEchoHost();
  process.kill(echo.host.pid, "SIGINT");
  process.kill(echo.host.pid, "SIGTERM");
  const answer = echo.next();
  echo.host.send({ type: "echo", bytes: new Uint8Array([7]) });
  expect(await answer).toEqual({ type: "echo", bytes: new Uint8Array([7]) });
});

async function startParent(...args: string[]) {
  const command = [process.execPath, join(fixtures, "host-parent.ts"), ...args];
  const parent = Bun.spawn(command, { stdout: "pipe", env: {} });
  const { value } = await parent.stdout.getReader().read();
  return { parent, hostPid: Number(new TextDecoder().decode(value)) };
}

test("a SIGKILL of the parent leaves no host behind", async () => {
  const { parent, hostPid } = await startParent();
  expect(isProcessAlive(hostPid)).toBe(true);
  parent.kill("SIGKILL");
  await parent.exited;
  await waitUntil("the host is gone", () => !isProcessAlive(hostPid));
});

test.if(process.platform === "linux")("not even one that is in an endless loop", async () => {
  const { parent, hostPid } = await startParent("--busy");
  const before = readCpuTicks(hostPid);
  await waitUntil("the host spins", () => readCpuTicks(hostPid) > before + 20);
  parent.kill("SIGKILL");
  await parent.exited;
  await waitUntil("the host is gone", () => !isProcessAlive(hostPid));
});

import { expect, test } from "bun:test";
import { AppError } from "../base/index.ts";
import { createFakeCli, createFakeIo, type FakeCliOptions, waitUntil } from "../testing/index.ts";
import { runCli } from "./run-cli.ts";

function start(argv: readonly string[], options: FakeCliOptions = {}) {
  const world = createFakeIo();
  const cli = createFakeCli(world, options);
  return { world, ...cli, ended: runCli(["serve", ...argv], cli.deps) };
}

test("one line on stdout says where it listens, and a signal ends it with code 0", async () => {
  const { world, ended, stops } = start(["--port", "0"]);
  await waitUntil("it listens", () => world.output() !== "");
  world.signal("SIGTERM");
  expect(await ended).toBe(0);
  expect(world.output()).toBe(
    "Hearth is listening on http://127.0.0.1:4321 (loads hearth-demo now, other models when they are asked for)\n",
  );
  expect(world.errors()).toBe("");
  expect(stops).toEqual([false]);
});

test("--curl prints a request to try, which names a key and does not show it", async () => {
  const { world, ended } = start(["--curl", "--api-key", "very-secret"]);
  await waitUntil("it listens", () => world.errors() !== "");
  world.signal("SIGINT");
  await ended;
  expect(world.errors()).toContain("curl http://127.0.0.1:4321/v1/chat/completions");
  expect(world.errors()).toContain("Bearer $HEARTH_API_KEY");
  expect(world.errors()).not.toContain("very-secret");
});

test.each([
  [["--preload", "off"], "loads models when they are asked for"],
  [["--mode", "power-saver"], "loads models when they are asked for"],
  [["--preload", "recency"], "loads the models used before now, other models when they are asked for"],
])("%j is said", async (argv, said) => {
  const { world, ended } = start(argv);
  await waitUntil("it listens", () => world.output() !== "");
  world.signal("SIGTERM");
  await ended;
  expect(world.output()).toContain(`(${said})`);
});

test("flags and environment reach the application's configuration", async () => {
  const { world, ended, configs } = start(["--model", "a.gguf", "--model", "b.gguf", "--ctx", "512"], {
    environment: { HEARTH_QUEUE: "3" },
  });
  await waitUntil("it listens", () => world.output() !== "");
  world.signal("SIGTERM");
  await ended;
  expect(configs[0]).toMatchObject({ models: ["a.gguf", "b.gguf"], contextTokens: 512, queue: 3 });
});

test("models that cannot be loaded end it with their reason and code 1", async () => {
  const { world, ended, stops } = start([], {
    load: () => Promise.reject(new AppError("model_load_failed", "the file is truncated")),
  });
  expect(await ended).toBe(1);
  expect(world.errors()).toBe("hearth: the file is truncated\n");
  expect(stops).toEqual([true]);
});

test("a signal while models load stops it at once", async () => {
  const { world, ended } = start([], { load: () => new Promise(() => undefined) });
  await waitUntil("it listens", () => world.output() !== "");
  world.signal("SIGTERM");
  expect(await ended).toBe(0);
});

test("a second signal ends the wait for running answers, a third the program", async () => {
  const world = createFakeIo();
  const { deps } = createFakeCli(world);
  const deadlines: AbortSignal[] = [];
  const createApp: typeof deps.createApp = async (config) => ({
    ...(await deps.createApp(config)),
    stop: (deadline) => {
      deadlines.push(deadline);
      return new Promise<void>((resolve) =>
        deadline.addEventListener("abort", () => resolve(), { once: true }),
      );
    },
  });
  const ended = runCli(["serve"], { ...deps, createApp });
  await waitUntil("it listens", () => world.output() !== "");
  world.signal("SIGTERM");
  await waitUntil("it stops", () => deadlines.length === 1);
  expect(deadlines[0]?.aborted).toBe(false);
  world.signal("SIGTERM");
  world.signal("SIGTERM");
  expect(world.exits).toEqual([1]);
  expect(await ended).toBe(1);
});

test("running answers get no longer than the shutdown timeout", async () => {
  const world = createFakeIo();
  const { deps } = createFakeCli(world);
  const createApp: typeof deps.createApp = async (config) => ({
    ...(await deps.createApp(config)),
    stop: (deadline) =>
      new Promise<void>((resolve) => deadline.addEventListener("abort", () => resolve(), { once: true })),
  });
  const ended = runCli(["serve", "--shutdown-timeout", "20"], { ...deps, createApp });
  await waitUntil("it listens", () => world.output() !== "");
  world.signal("SIGTERM");
  expect(await ended).toBe(0);
});

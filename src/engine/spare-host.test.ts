import { expect, test } from "bun:test";
import { collectText, createChatRequest, createRealEngine, waitUntil } from "../testing/index.ts";
import { locateLibraries } from "./libraries.ts";
import { createHostSource } from "./spare-host.ts";

const never = new AbortController().signal;

test("the first load takes the host that waits, later ones start their own", async () => {
  const hosts = createHostSource({ libraryDir: await locateLibraries("") });
  const spare = hosts.start(() => undefined);
  const other = hosts.start(() => undefined);
  expect(other.pid).not.toBe(spare.pid);
  for (const host of [spare, other]) host.kill();
});

test("a model that was loaded into a waiting host answers, and again after it was unloaded", async () => {
  const hosts = createHostSource({ libraryDir: await locateLibraries("") });
  const engine = await createRealEngine({ hosts });
  const ask = () => collectText(engine.generate(createChatRequest("Reply with exactly: pong-42"), never));
  expect(await ask()).toBe("pong-42");
  await engine.unload("hearth-demo");
  expect(await ask()).toBe("pong-42");
  await engine.stop(AbortSignal.abort());
});

test("a waiting host that died is not taken, and libraries that cannot be opened are told by the load", async () => {
  const engine = await createRealEngine({
    hosts: createHostSource({ libraryDir: "/nonexistent" }),
    libraryDir: "/nonexistent",
  });
  await expect(engine.load("hearth-demo")).rejects.toThrow("/nonexistent");
  await engine.stop(AbortSignal.abort());
});

test("nobody's host ends with the engine", async () => {
  const hosts = createHostSource({ libraryDir: await locateLibraries("") });
  const engine = await createRealEngine({ hosts });
  await engine.stop(AbortSignal.abort());
  const { stdout } = Bun.spawnSync(["pgrep", "-P", String(process.pid), "-f", "role=engine-host"]);
  const running = stdout.toString().split("\n").filter(Boolean);
  await waitUntil("they are gone", () =>
    running.every((pid) => Bun.spawnSync(["kill", "-0", pid]).exitCode !== 0),
  );
});

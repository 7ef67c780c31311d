import { afterAll, describe, expect, test } from "bun:test";
import { type HostileModule, hostileModules, isProcessAlive, waitUntil } from "../testing/index.ts";
import { createArena, patience } from "./hostile.fixture.ts";

const arena = createArena();
const hostPath = /\/(?:home|tmp|work|root|usr|src|node_modules)\//;
/** What the host may keep of guests that are gone, above what it has when it is new. */
const keptBytes = 160 * 1_048_576;
const maxMessageCharacters = 5_000;

afterAll(async () => {
  await waitUntil("memory has returned", () => arena.memoryBytes() < keptBytes);
  const pids = arena.pids();
  await arena[Symbol.asyncDispose]();
  expect(pids.filter(isProcessAlive)).toEqual([]);
});

async function expectContained({ name, make, call, expect: codes }: HostileModule): Promise<void> {
  const isPatient = !codes.includes("timeout");
  const limits = { ...(isPatient && patience), ...call?.limits };
  const [end] = await Promise.all([
    arena.run(name, make(), { ...call, limits }),
    arena.echo("in the same process"),
  ]);
  expect(end.ok ? "ok" : end.failure.code, JSON.stringify(end).slice(0, 500)).toBeOneOf([...codes]);
  const message = end.ok ? "" : end.failure.message;
  expect(message).not.toMatch(hostPath);
  expect(message.length).toBeLessThan(maxMessageCharacters);
  await arena.echo("after it");
}

for (const [kind, modules] of Object.entries(hostileModules)) {
  describe(kind, () => {
    for (const module of modules) test(`${module.name} is contained`, () => expectContained(module));
  });
}

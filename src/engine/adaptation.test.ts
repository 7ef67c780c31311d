import { expect, test } from "bun:test";
import { adaptIntervalMs, type MachineReading } from "../models/index.ts";
import { createFakeClock, waitUntil } from "../testing/index.ts";
import { type AdaptationOptions, readMachine, startAdaptation } from "./adaptation.ts";
import type { EngineLimits } from "./engine.ts";

const calm = { memoryUsedShare: 0.6, cpuLoadShare: 0.2, onBattery: false };

function start(options: Partial<AdaptationOptions> = {}) {
  const clock = createFakeClock();
  const machine = { reading: calm as Omit<MachineReading, "atMs">, reads: 0, failure: undefined as unknown };
  const adapted: EngineLimits[] = [];
  const failures: unknown[] = [];
  const stop = startAdaptation(
    { adapt: (limits) => adapted.push(limits) },
    {
      choice: "auto",
      fixed: {},
      clock,
      async read() {
        machine.reads += 1;
        if (machine.failure !== undefined) throw machine.failure;
        return { ...machine.reading, atMs: clock.nowMs() };
      },
      onChange: () => {},
      onFailure: (error) => failures.push(error),
      ...options,
    },
  );
  /** Lets an interval pass and waits until the machine was read and what follows is done. */
  async function passInterval(): Promise<void> {
    const { reads } = machine;
    clock.advance(adaptIntervalMs);
    await waitUntil("the machine was read", () => machine.reads > reads);
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  return { clock, machine, adapted, failures, stop, passInterval };
}

test("on battery the engine saves power, and back on mains it does not", async () => {
  const given = start();
  await given.passInterval();
  expect(given.adapted).toEqual([]);
  given.machine.reading = { ...calm, onBattery: true };
  await given.passInterval();
  expect(given.adapted.at(-1)).toMatchObject({ parallel: 4, kvType: "q8_0", maxModels: 1, gpuLayers: 0 });
  given.machine.reading = calm;
  await given.passInterval();
  expect(given.adapted.at(-1)).toMatchObject({ parallel: 16, maxModels: 4, gpuLayers: -1 });
});

test("what the user has set stays whatever the mode says", async () => {
  const given = start({ fixed: { maxModels: 7, parallel: 2 } });
  given.machine.reading = { ...calm, onBattery: true };
  await given.passInterval();
  expect(given.adapted.at(-1)).toMatchObject({ parallel: 2, maxModels: 7, kvType: "q8_0" });
});

test("a machine that could not be read is read again", async () => {
  const given = start();
  given.machine.failure = new Error("no such file");
  await given.passInterval();
  expect(given.failures).toHaveLength(1);
  given.machine.failure = undefined;
  given.machine.reading = { ...calm, onBattery: true };
  await given.passInterval();
  expect(given.adapted).toHaveLength(1);
});

test("a mode that was chosen, or a stop, changes nothing any more", async () => {
  const chosen = start({ choice: "power-saver" });
  chosen.clock.advance(adaptIntervalMs);
  expect(chosen.machine.reads).toBe(0);
  const stopped = start();
  stopped.stop();
  stopped.clock.advance(adaptIntervalMs);
  expect(stopped.machine.reads).toBe(0);
});

test("this machine can be read", async () => {
  const reading = await readMachine();
  expect(reading.memoryUsedShare).toBeGreaterThan(0);
  expect(reading.memoryUsedShare).toBeLessThanOrEqual(1);
  expect(reading.cpuLoadShare).toBeGreaterThanOrEqual(0);
});

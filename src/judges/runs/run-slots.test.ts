import { expect, test } from "bun:test";
import { createRunSlots, maxRunsAtOnce, maxRunsOfTenant } from "./run-slots.ts";

test("more runs than may be at once are refused before any work, and there is room when one has ended", async () => {
  const slots = createRunSlots();
  const ending = Promise.withResolvers<void>();
  const held = Array.from({ length: maxRunsAtOnce }, (_, index) =>
    slots.hold(`tenant ${Math.floor(index / maxRunsOfTenant)}`, () => ending.promise),
  );
  let worked = 0;
  const refused = slots.hold("another", async () => worked++);
  await expect(refused).rejects.toThrow(/^16 runs are being worked on/);
  await expect(refused).rejects.toMatchObject({ code: "queue_full" });
  expect(worked).toBe(0);
  ending.resolve();
  await Promise.all(held);
  expect(await slots.hold("another", async () => "done")).toBe("done");
});

test("one tenant cannot take the room of all others", async () => {
  const slots = createRunSlots();
  const ending = Promise.withResolvers<void>();
  const held = Array.from({ length: maxRunsOfTenant }, () => slots.hold("greedy", () => ending.promise));
  await expect(slots.hold("greedy", async () => 1)).rejects.toMatchObject({ code: "queue_full" });
  expect(await slots.hold("modest", async () => "done")).toBe("done");
  ending.resolve();
  await Promise.all(held);
});

test("a run that fails gives its room back", async () => {
  const slots = createRunSlots();
  const fail = () => slots.hold("one", () => Promise.reject(new Error("it broke")));
  for (let run = 0; run <= maxRunsAtOnce; run++) await expect(fail()).rejects.toThrow("it broke");
});

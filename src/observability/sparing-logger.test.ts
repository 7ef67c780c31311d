import { expect, test } from "bun:test";
import { createLogger } from "./logger.ts";
import { createSparingLogger } from "./sparing-logger.ts";

function open() {
  const lines: Record<string, unknown>[] = [];
  const stream = { write: (text: string) => lines.push(JSON.parse(text)) };
  const logger = createLogger({ level: "info", format: "json", secrets: [], stream });
  const world = { nowMs: 0, lines };
  return Object.assign(world, { log: createSparingLogger(logger, () => world.nowMs) });
}

test("what fails at every request is told once a minute, and how often it was", () => {
  const world = open();
  for (let request = 0; request < 100; request++) {
    world.log.warn("interactions_lost", { lost: 1, error: "the disk is full" });
    world.nowMs += 1_000;
  }
  expect(world.lines).toMatchObject([
    { event: "interactions_lost", lost: 1, error: "the disk is full" },
    { event: "interactions_lost", repeated: 59 },
  ]);
  expect(world.lines[0]).not.toHaveProperty("repeated");
});

test("another event, another error and what is no error are told at once", () => {
  const world = open();
  world.log.error("cache_unwritten", { error: "the disk is full" });
  world.log.error("receipts_unwritten", { error: "the disk is full" });
  world.log.error("cache_unwritten", { error: "the database is damaged" });
  world.log.info("route_bar_set", { bar: 0.5 });
  world.log.info("route_bar_set", { bar: 0.5 });
  expect(world.lines.map(({ event }) => event)).toEqual([
    ...["cache_unwritten", "receipts_unwritten", "cache_unwritten", "route_bar_set", "route_bar_set"],
  ]);
});

test("errors that are never the same take no more room than so many", () => {
  const world = open();
  for (let number = 0; number < 1_000; number++) world.log.warn("failed", { error: `fault ${number}` });
  world.log.warn("failed", { error: "fault 999" });
  world.log.warn("failed", { error: "fault 0" });
  expect(world.lines).toHaveLength(1_001);
});

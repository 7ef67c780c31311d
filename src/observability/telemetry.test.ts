import { expect, test } from "bun:test";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createTemporaryFolder } from "../testing/index.ts";
import { createTelemetry, maxWaitingEvents, type TelemetryOptions } from "./telemetry.ts";

function open(folder: string, changes: Partial<TelemetryOptions> = {}) {
  const faults: number[] = [];
  const telemetry = createTelemetry({
    folder,
    now: () => Date.UTC(2026, 0, 31, 12),
    onFault: (_, dropped) => faults.push(dropped),
    ...changes,
  });
  return { telemetry, faults };
}

function readEvents(path: string): readonly Record<string, unknown>[] {
  return readFileSync(path, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
}

const search = { collection: "best-practices", results: 2, mode: "words" };

test("each event is one line of JSON with its time in UTC, its type and the schema's version", async () => {
  using folder = createTemporaryFolder();
  const { telemetry } = open(folder.file("telemetry"));
  telemetry.tell("context_search", search);
  telemetry.tell("pattern_extraction", { interaction_id: 'a"\n', result: "added" });
  await telemetry.flush();
  const shared = { timestamp: "2026-01-31T12:00:00.000Z", schema_version: 1 };
  expect(readEvents(folder.file("telemetry", "events.jsonl"))).toEqual([
    { ...shared, event_type: "context_search", ...search },
    { ...shared, event_type: "pattern_extraction", interaction_id: 'a"\n', result: "added" },
  ]);
  expect(statSync(folder.file("telemetry", "events.jsonl")).mode & 0o777).toBe(0o600);
  expect(telemetry.stats()).toEqual({ written: 2, dropped: 0, lastEventAtMs: Date.UTC(2026, 0, 31, 12) });
});

test("a file that is full is set aside, and the oldest ones go", async () => {
  using folder = createTemporaryFolder();
  const { telemetry } = open(folder.path, { maxFileBytes: 200, maxOldFiles: 2 });
  for (let results = 0; results < 6; results++) {
    telemetry.tell("context_search", { ...search, results });
    await telemetry.flush();
  }
  expect(readdirSync(folder.path).sort()).toEqual(["events-1.jsonl", "events-2.jsonl", "events.jsonl"]);
  expect(readEvents(folder.file("events.jsonl"))).toMatchObject([{ results: 5 }]);
  expect(readEvents(folder.file("events-2.jsonl"))).toMatchObject([{ results: 3 }]);
});

test("a file that is there is gone on with", async () => {
  using folder = createTemporaryFolder();
  writeFileSync(folder.file("events.jsonl"), '{"event_type":"old"}\n');
  const { telemetry } = open(folder.path);
  telemetry.tell("context_search", search);
  await telemetry.flush();
  expect(readEvents(folder.file("events.jsonl")).map((event) => event.event_type)).toEqual([
    "old",
    "context_search",
  ]);
});

test("events that cannot be written are dropped and counted, and later ones are written again", async () => {
  using folder = createTemporaryFolder();
  writeFileSync(folder.file("taken"), "a file where the folder should be");
  const { telemetry, faults } = open(folder.file("taken"));
  telemetry.tell("context_search", search);
  await telemetry.flush();
  expect(faults).toEqual([1]);
  expect(telemetry.stats()).toMatchObject({ written: 0, dropped: 1 });

  const blocked = open(folder.path);
  mkdirSync(folder.file("events.jsonl"));
  blocked.telemetry.tell("context_search", search);
  await blocked.telemetry.flush();
  expect(blocked.telemetry.stats()).toMatchObject({ dropped: 1 });
});

test("beyond the events that may wait, further ones are dropped", async () => {
  using folder = createTemporaryFolder();
  const { telemetry } = open(folder.path);
  for (let told = 0; told < maxWaitingEvents + 3; told++) telemetry.tell("context_search", search);
  await telemetry.flush();
  expect(telemetry.stats()).toMatchObject({ written: maxWaitingEvents, dropped: 3 });
});

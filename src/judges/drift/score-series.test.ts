import { expect, test } from "bun:test";
import { openDatabase } from "../../store/index.ts";
import { createTemporaryFolder } from "../../testing/index.ts";
import { createScoreSeries, seriesWindow } from "./score-series.ts";
import { seriesKey } from "./series-key.ts";

async function openSeries(options: { readonly maxSeries?: number } = {}) {
  const folder = createTemporaryFolder();
  const database = await openDatabase(folder.file("hearth.db"));
  const series = createScoreSeries({
    database: async () => database,
    now: () => 1_700_000_000_000,
    ...options,
  });
  return {
    ...series,
    count: async () => {
      const rows = await database.kysely.selectFrom("judge_score").select("id").execute();
      return rows.length;
    },
    async [Symbol.asyncDispose]() {
      await database.close();
      folder[Symbol.dispose]();
    },
  };
}

test("a series keeps its last 100 scores in their order, and other series theirs", async () => {
  await using series = await openSeries();
  await series.add("other", 0.5);
  for (let index = 0; index < seriesWindow + 7; index++) await series.add("key", index / 1_000);
  const scores = await series.read("key");
  expect(scores.length).toBe(seriesWindow);
  expect([scores[0], scores.at(-1)]).toEqual([0.007, 0.106]);
  expect(await series.read("other")).toEqual([0.5]);
  expect(await series.count()).toBe(seriesWindow + 1);
});

test("an unscored judgement leaves the series as it is", async () => {
  await using series = await openSeries();
  expect(await series.record("key", { scored: true, value: 0.8 })).toBe(true);
  expect(await series.record("key", { scored: false, reason: "the judge gave no JSON" })).toBe(false);
  expect(await series.read("key")).toEqual([0.8]);
});

test("what is no score from 0 to 1 is refused and not stored", async () => {
  await using series = await openSeries();
  for (const score of [Number.NaN, -0.1, 1.1])
    await expect(series.add("key", score)).rejects.toMatchObject({ code: "invalid_request" });
  expect(await series.read("key")).toEqual([]);
});

test("of too many series the one is forgotten that was added to longest ago", async () => {
  await using series = await openSeries({ maxSeries: 2 });
  await series.add("first", 0.1);
  await series.add("second", 0.2);
  await series.add("first", 0.3);
  await series.add("third", 0.4);
  expect(await series.read("second")).toEqual([]);
  expect(await series.read("first")).toEqual([0.1, 0.3]);
  expect(await series.read("third")).toEqual([0.4]);
});

test("scores that are added at the same time are all kept", async () => {
  await using series = await openSeries();
  await Promise.all(Array.from({ length: 20 }, () => series.add("key", 0.5)));
  expect((await series.read("key")).length).toBe(20);
});

const identity = {
  task: "t".repeat(100),
  model: "a",
  judge: "b",
  criteria: { clarity: 1, accuracy: [1, 2] },
};

test("two tasks with a common beginning of 100 characters are separate series", () => {
  expect(seriesKey({ ...identity, task: `${identity.task}1` })).not.toBe(
    seriesKey({ ...identity, task: `${identity.task}2` }),
  );
});

test("model, judge and criteria each make another series; the order of fields does not", () => {
  const keys = [
    identity,
    { ...identity, model: "c" },
    { ...identity, judge: "c" },
    { ...identity, criteria: { ...identity.criteria, clarity: 2 } },
    { ...identity, model: "ab", judge: "" },
  ].map(seriesKey);
  expect(new Set(keys).size).toBe(keys.length);
  expect(seriesKey({ ...identity, criteria: { accuracy: [1, 2], clarity: 1 } })).toBe(keys[0] ?? "");
  expect(keys[0]).toMatch(/^[0-9a-f]{64}$/);
});

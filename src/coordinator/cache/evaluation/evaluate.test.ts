import { expect, test } from "bun:test";
import { createFakeEngine, createTemporaryFolder } from "../../../testing/index.ts";
import { openGuard } from "../cache-fixture.ts";
import { createGuard, type Guard, type Ruling } from "../guard.ts";
import { evaluateCache } from "./evaluate.ts";
import { toEvaluationBody } from "./evaluation-body.ts";
import { readPairs } from "./read-pairs.ts";

const signal = new AbortController().signal;
const pass: Ruling = { ok: true };
const guardOf = (serve: (query: string, cached: string) => Ruling): Guard => ({
  admit: async () => pass,
  serve: async ({ query, cachedQuery }) => serve(query, cachedQuery),
});
const asked = { maxWrongShare: 0.01, signal };

test("there are 200 pairs of each kind, none of them twice", async () => {
  const pairs = await readPairs();
  expect(pairs.filter(({ kind }) => kind === "same")).toHaveLength(200);
  expect(pairs.filter(({ kind }) => kind === "near")).toHaveLength(200);
  expect(new Set(pairs.map(({ questions }) => questions.toSorted().join("|"))).size).toBe(400);
  for (const { questions } of pairs) expect(questions[0]).not.toBe(questions[1]);
});

test("the pairs that are held out are 60 of each kind, and none of the others", async () => {
  const pairs = await readPairs("held-out");
  expect(pairs.filter(({ kind }) => kind === "same")).toHaveLength(60);
  expect(pairs.filter(({ kind }) => kind === "near")).toHaveLength(60);
  const others = new Set((await readPairs()).map(({ questions }) => questions.join("|")));
  expect(pairs.filter(({ questions }) => others.has(questions.join("|")))).toEqual([]);
});

test("hits fall and false hits fall as more likeness is asked for", async () => {
  const { rows, embedding } = await evaluateCache(
    { engine: createFakeEngine(), guard: guardOf(() => pass) },
    asked,
  );
  expect(embedding).toBe("words");
  for (const [index, { plain }] of rows.entries()) {
    const laxer = rows[index + 1]?.plain ?? plain;
    expect(laxer.hits).toBeGreaterThanOrEqual(plain.hits);
    expect(laxer.falseHits).toBeGreaterThanOrEqual(plain.falseHits);
  }
  expect(rows.at(-1)?.plain.falseHits).toBeGreaterThan(0);
});

test("shared words tell no meaning: without a guard most of what they would serve is wrong", async () => {
  const evaluation = await evaluateCache({ engine: createFakeEngine(), guard: guardOf(() => pass) }, asked);
  const row = evaluation.rows.find(({ threshold }) => threshold === 0.95);
  expect(row?.plain.falseHitShare.low).toBeGreaterThan(0.5);
  expect(evaluation.start).toBeUndefined();
  expect(toEvaluationBody(evaluation).suggested_threshold).toBeNull();
});

test("a guard that knows every trap leaves no false hit, and the default stands", async () => {
  const near = new Set(
    [...(await readPairs()), ...(await readPairs("held-out"))].flatMap(({ kind, questions }) =>
      kind === "near" ? [questions[1]] : [],
    ),
  );
  const guard = guardOf((query) =>
    near.has(query) ? { ok: false, reason: "a trap", isFailure: false } : pass,
  );
  const { rows, start, passed, heldOut } = await evaluateCache({ engine: createFakeEngine(), guard }, asked);
  expect(rows.every(({ guarded }) => guarded.falseHits === 0)).toBe(true);
  expect(heldOut.passed).toEqual({ same: 60, near: 0 });
  expect({ start, passed }).toEqual({ start: 0.95, passed: { same: 200, near: 0 } });
});

test("a guard that cannot be asked is an error, not a perfect score", async () => {
  const guard = guardOf(() => ({
    ok: false,
    reason: "cache-guard failed: it is switched off",
    isFailure: true,
  }));
  await expect(evaluateCache({ engine: createFakeEngine(), guard }, asked)).rejects.toMatchObject({
    code: "plugin_failed",
    message: expect.stringContaining("switched off"),
  });
});

test("the guard that the executable carries serves paraphrases and hardly a near miss", async () => {
  using folder = createTemporaryFolder();
  const plugins = openGuard(folder.path);
  try {
    const deps = { engine: createFakeEngine(), guard: createGuard({ plugins: async () => plugins }) };
    const { passed, heldOut } = await evaluateCache(deps, asked);
    expect(passed.near).toBeLessThanOrEqual(1);
    expect(passed.same).toBeGreaterThanOrEqual(160);
    expect(heldOut.passed.near).toBeLessThanOrEqual(1);
    expect(heldOut.passed.same).toBeGreaterThanOrEqual(42);
  } finally {
    await plugins.close();
  }
});

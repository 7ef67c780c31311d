import { expect, test } from "bun:test";
import { AppError } from "../../base/index.ts";
import type { PolicyInput } from "../../plugin-host/index.ts";
import {
  createContext,
  createReceipt,
  createRecord,
  openTestLearning,
  signal,
  type TestLearningOptions,
} from "./learning.fixture.ts";

type Opened = Awaited<ReturnType<typeof openTestLearning>>;

async function ask(opened: Opened, id: string, question: string, answer = "", changes = {}) {
  opened.learning.track(createRecord(id, question, answer, changes));
  await opened.learning.settle();
}
const said = (id: string, outcome: "success" | "partial" | "failure", feedback?: -1 | 0 | 1) => ({
  ...{ id, tenant: "alice", outcome },
  ...(feedback !== undefined && { feedback }),
});

/** Policies that answer as a test says. */
function decideBy(answer: (input: PolicyInput<"value.score">) => object): TestLearningOptions {
  const report = { durationMs: 0, memoryBytes: 0, logs: [] };
  const decide = async (_: string, input: PolicyInput<"value.score">) => ({
    ...{ ok: true, output: { terms: { outcome: 0.4 }, highValue: true, ...answer(input) }, report },
  });
  return { changes: { plugins: async () => ({ decide }) as never } };
}

test("a first question that was answered and liked is worth 0.7, with each term stored", async () => {
  await using opened = await openTestLearning();
  await ask(opened, "chatcmpl-1", "zebra");
  const { status, interaction, isHigh } = await opened.learning.setOutcome(
    said("chatcmpl-1", "success", 1),
    signal,
  );
  const terms = { outcome: 0.4, feedback: 0.2, reusability: 0, complexity: 0, novelty: 0.1 };
  expect({ status, isHigh, value: interaction.value, terms: interaction.terms }).toEqual({
    ...{ status: "recorded", isHigh: true, value: 0.7, terms },
  });
  expect(await opened.learning.get("chatcmpl-1", "alice")).toMatchObject({ value: 0.7, terms });
  expect(opened.told).toContainEqual({
    name: "value_score_computed",
    payload: { interaction_id: "chatcmpl-1", value_score: 0.7, terms, outcome: "success" },
  });
  const document = opened.knowledge.stored.get("interaction-history")?.get("chatcmpl-1");
  expect(document?.attributes).toMatchObject({ outcome: "success", user_feedback: 1, value_score: 0.7 });
});

test("the tenth near-duplicate is worth less than the first, and the question itself is not counted", async () => {
  await using opened = await openTestLearning();
  for (let index = 0; index <= 10; index++)
    await ask(opened, `chatcmpl-${index}`, `the zebra of the savanna ${index % 2 === 0 ? "!" : "?"}`);
  const values: (number | undefined)[] = [];
  for (const index of [0, 2, 10]) {
    const { interaction } = await opened.learning.setOutcome(said(`chatcmpl-${index}`, "success", 1), signal);
    values.push(interaction.terms?.novelty);
  }
  // Earlier ones alone count: none, two and ten of them.
  expect(values).toEqual([0.1, 0.07, 0.01]);
});

test("a near-duplicate whose outcome is told at once, before its document is made, is worth less too", async () => {
  await using opened = await openTestLearning();
  await ask(opened, "chatcmpl-1", "the zebra of the savanna !");
  opened.learning.track(createRecord("chatcmpl-2", "the zebra of the savanna ?", ""));
  const { interaction } = await opened.learning.setOutcome(said("chatcmpl-2", "success", 1), signal);
  expect(interaction.terms?.novelty).toBe(0.07);
});

test("where only hashes are kept, the very same question counts as a near one", async () => {
  await using opened = await openTestLearning({ interactions: "hash" });
  for (let index = 0; index < 4; index++) await ask(opened, `chatcmpl-${index}`, "how to install");
  const { interaction } = await opened.learning.setOutcome(said("chatcmpl-3", "success"), signal);
  // 3 others: novelty 0.04, reusability 0.2 · 0.3; the text is not there for its words.
  expect(interaction.terms).toEqual({
    ...{ outcome: 0.4, feedback: 0.1, reusability: 0.06, complexity: 0, novelty: 0.04 },
  });
});

test("another tenant's questions neither count nor take an outcome", async () => {
  await using opened = await openTestLearning();
  await ask(opened, "chatcmpl-1", "zebra", "", { request: { tenant: "bob" } });
  await ask(opened, "chatcmpl-2", "zebra");
  const { interaction } = await opened.learning.setOutcome(said("chatcmpl-2", "success", 1), signal);
  expect(interaction.terms).toMatchObject({ novelty: 0.1, reusability: 0 });
  await expect(opened.learning.setOutcome(said("chatcmpl-1", "success"), signal)).rejects.toMatchObject({
    code: "not_found",
  });
});

test("an unknown interaction is an error that names it", async () => {
  await using opened = await openTestLearning();
  await expect(opened.learning.setOutcome(said("chatcmpl-9", "success"), signal)).rejects.toMatchObject({
    ...{ code: "not_found", message: expect.stringContaining('"chatcmpl-9"') },
  });
});

test("an outcome may be told at once, before the interaction is written", async () => {
  await using opened = await openTestLearning();
  opened.learning.track(createRecord("chatcmpl-1", "zebra", ""));
  const { interaction } = await opened.learning.setOutcome(said("chatcmpl-1", "failure", -1), signal);
  expect(interaction).toMatchObject({ outcome: "failure", feedback: -1, value: 0.1 });
  await opened.learning.settle();
  const document = opened.knowledge.stored.get("interaction-history")?.get("chatcmpl-1");
  expect(document?.attributes).toMatchObject({ outcome: "failure" });
});

test("the same outcome again counts once, also when both come together", async () => {
  await using opened = await openTestLearning();
  await ask(opened, "chatcmpl-1", "zebra", "", {
    receipt: createReceipt({ context: createContext(["c1", "c2"]) }),
  });
  const tell = () => opened.learning.setOutcome(said("chatcmpl-1", "success", 1), signal);
  const statuses = (await Promise.all([tell(), tell()])).map(({ status }) => status);
  expect(statuses.toSorted()).toEqual(["recorded", "unchanged"]);
  expect((await tell()).status).toBe("unchanged");
  expect(opened.knowledge.uses).toEqual([{ chunkIds: ["c1", "c2"], success: true }]);
});

test("another outcome replaces the first and its value, and contexts are not counted again", async () => {
  await using opened = await openTestLearning();
  await ask(opened, "chatcmpl-1", "zebra", "", {
    receipt: createReceipt({ context: createContext(["c1"]) }),
  });
  await opened.learning.setOutcome(said("chatcmpl-1", "success", 1), signal);
  const { status, interaction } = await opened.learning.setOutcome(said("chatcmpl-1", "failure"), signal);
  expect(status).toBe("recorded");
  // 0 + 0.2 + 0 + 0 + 0.1: the feedback stays as it was said.
  expect(interaction).toMatchObject({ outcome: "failure", feedback: 1, value: 0.3 });
  expect(opened.knowledge.uses.length).toBe(1);
});

test("a policy that fails leaves the outcome without a value, says why, and the next telling scores it", async () => {
  let works = false;
  const decide = async () =>
    works
      ? { ok: true, output: { value: 0.5, terms: { outcome: 0.4 }, extract: false } }
      : { ok: false, failure: { code: "plugin_disabled", message: "it is off" } };
  await using opened = await openTestLearning({
    changes: { plugins: async () => ({ decide }) as never },
  });
  await ask(opened, "chatcmpl-1", "zebra");
  const first = await opened.learning.setOutcome(said("chatcmpl-1", "success"), signal);
  expect(first).toMatchObject({ status: "recorded", unscored: expect.stringContaining("it is off") });
  expect(first.interaction.terms).toBeUndefined();
  works = true;
  const { interaction } = await opened.learning.setOutcome(said("chatcmpl-1", "success"), signal);
  expect(interaction).toMatchObject({ value: 0.5, terms: { outcome: 0.4 } });
});

test.each([
  [0.07, false],
  [0.6999, false],
  [0.7, true],
])("a value is high from 0.7 on, whatever its digits look like: %d", async (value, high) => {
  await using opened = await openTestLearning(decideBy(() => ({ value, extract: false })));
  await ask(opened, "chatcmpl-1", "zebra");
  const { isHigh } = await opened.learning.setOutcome(said("chatcmpl-1", "success"), signal);
  expect(isHigh).toBe(high);
  expect(await opened.learning.status("alice")).toMatchObject({
    "learning-metrics": { interactions: { total: 1, high_value: high ? 1 : 0 } },
  });
});

test("a partial outcome makes no pattern, whatever the policy says", async () => {
  await using opened = await openTestLearning(decideBy(() => ({ value: 0.9, extract: true })));
  await ask(opened, "chatcmpl-1", "zebra");
  const { isHigh, willExtract } = await opened.learning.setOutcome(said("chatcmpl-1", "partial"), signal);
  await opened.learning.settle();
  expect({ isHigh, willExtract, asked: opened.engine.requests.length }).toEqual({
    ...{ isHigh: true, willExtract: false, asked: 0 },
  });
});

test("collections that fail leave the outcome and its value in place", async () => {
  await using opened = await openTestLearning();
  await ask(opened, "chatcmpl-1", "zebra");
  opened.knowledge.failure = new AppError("server_error", "the index is gone");
  const { interaction } = await opened.learning.setOutcome(said("chatcmpl-1", "success", 1), signal);
  expect(interaction).toMatchObject({ outcome: "success", value: 0.7 });
  expect(opened.warnings).toEqual(["neighbours_uncounted"]);
});

test("asking the very same again after the answer is guessed to be a failure of the first", async () => {
  await using opened = await openTestLearning();
  await ask(opened, "chatcmpl-1", "tell me a joke");
  opened.time.nowMs += 60_000;
  await ask(opened, "chatcmpl-2", "tell me a joke");
  const guessed = await opened.learning.get("chatcmpl-1", "alice");
  expect(guessed).toMatchObject({ outcome: "failure", isInferred: true, value: 0 });
  expect(guessed.terms).toBeUndefined();
  const { status, interaction } = await opened.learning.setOutcome(said("chatcmpl-1", "failure"), signal);
  expect({ status, isInferred: interaction.isInferred }).toEqual({ status: "recorded", isInferred: false });
});

test.each([
  ["after two minutes", 200_000, {}],
  ["with a seed", 1_000, { sampling: { seed: 7 } }],
  ["at temperature 0", 1_000, { sampling: { temperature: 0 } }],
  ["by another tenant", 1_000, { tenant: "bob" }],
  ["before the first answer had ended", 10, {}],
])("the same question %s is no guess", async (_, laterMs, request) => {
  await using opened = await openTestLearning();
  await ask(opened, "chatcmpl-1", "tell me a joke", "", { request: { ...request, tenant: "alice" } });
  opened.time.nowMs += laterMs;
  await ask(opened, "chatcmpl-2", "tell me a joke", "", { request });
  expect(await opened.learning.get("chatcmpl-1", "alice")).toMatchObject({ outcome: "unknown" });
});

test("what was said is not overwritten by a guess", async () => {
  await using opened = await openTestLearning();
  await ask(opened, "chatcmpl-1", "tell me a joke");
  await opened.learning.setOutcome(said("chatcmpl-1", "success"), signal);
  opened.time.nowMs += 1_000;
  await ask(opened, "chatcmpl-2", "tell me a joke");
  expect(await opened.learning.get("chatcmpl-1", "alice")).toMatchObject({
    ...{ outcome: "success", isInferred: false },
  });
});

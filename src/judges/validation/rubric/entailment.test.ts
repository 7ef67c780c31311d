import { expect, test } from "bun:test";
import { AppError } from "../../../base/index.ts";
import type { GenerateEvent, TokenLogprob } from "../../../contract/index.ts";
import { createRealEngine } from "../../../testing/index.ts";
import { createRealDeps, createScriptedDeps, say } from "../probes/probe-fixture.ts";
import { readChoiceProbabilities } from "./choice-probabilities.ts";
import { checkEntailment, entailmentLabels } from "./entailment.ts";

const { signal } = new AbortController();
const question = { evidence: ["The port is 8125."], hypothesis: "It is 8125.", judgeModel: "fake-model" };
const encoder = new TextEncoder();

type Told = { readonly text: string; readonly top?: Readonly<Record<string, number>> };

/** Tokens as an engine tells them; of the alternatives the text and the probability are given. */
function tokens(told: readonly Told[]): readonly TokenLogprob[] {
  return told.map(({ text, top = { [text]: 1 } }) => {
    const alternatives = Object.entries(top).map(([other, probability]) => ({
      ...{ token: Bun.hash.crc32(other), bytes: encoder.encode(other), logprob: Math.log(probability) },
    }));
    const own = {
      token: Bun.hash.crc32(text),
      bytes: encoder.encode(text),
      logprob: Math.log(top[text] ?? 0.01),
    };
    return { ...own, top: alternatives };
  });
}

/** The labelled reply of a judge that was so sure of each label. */
function check(label: string, top?: Readonly<Record<string, number>>, evidence = question.evidence) {
  const { deps } = createScriptedDeps(() => []);
  const start = label.slice(0, 2);
  const told = tokens([
    { text: '{"label": "' },
    { text: start, ...(top && { top }) },
    { text: `${label.slice(2)}"}` },
  ]);
  async function* generate(): AsyncGenerator<GenerateEvent> {
    yield { type: "text", choice: 0, text: `{"label": "${label}"}` };
    if (top) yield { type: "logprobs", choice: 0, tokens: told };
    yield { type: "finish", choice: 0, reason: "stop" };
    const usage = { promptTokens: 1, cachedTokens: 0, completionTokens: 3, reasoningTokens: 0 };
    yield { type: "done", usage, timings: { loadMs: 0, queueMs: 0, prefillMs: 0, decodeMs: 0 } };
  }
  return checkEntailment({ ...deps, generate }, { ...question, evidence }, signal);
}

test("entailment supports by its probability", async () => {
  const found = await check("entailment", { en: 0.6, ne: 0.1, co: 0.05, "{": 0.25 });
  expect(found).toEqual({
    verdict: "supported",
    label: "entailment",
    score: expect.closeTo(0.8, 9),
    warnings: [],
  });
});

test("a contradiction scores 1 - p, below 0.5", async () => {
  const found = await check("contradiction", { co: 0.9, en: 0.06, ne: 0.04 });
  expect(found).toMatchObject({ verdict: "contradicted", score: expect.closeTo(0.1, 9) });
});

test("evidence that is silent leaves it unscored at 0.5", async () => {
  const found = await check("neutral", { ne: 0.9, en: 0.1 });
  expect(found).toMatchObject({ verdict: "unscored", label: "neutral", score: 0.5 });
});

test("without probabilities the label counts in full", async () => {
  expect(await check("entailment")).toMatchObject({ verdict: "supported", score: 1 });
  expect(await check("contradiction")).toMatchObject({ verdict: "contradicted", score: 0 });
});

test("no evidence is unscored, and nobody is asked", async () => {
  for (const evidence of [[], ["", " \n"]]) {
    const { deps, engine } = createScriptedDeps(() => say('{"label": "entailment"}'));
    expect(await checkEntailment(deps, { ...question, evidence }, signal)).toEqual({
      ...{ verdict: "unscored", reason: "there is no evidence to check against", warnings: [] },
    });
    expect(engine.requests).toEqual([]);
  }
});

test("a reply without a known label is unscored, with the reason", async () => {
  for (const reply of ["entailment", '{"label": "yes"}', "{}", '{"label": 1}']) {
    const { deps } = createScriptedDeps(() => say(reply));
    expect(await checkEntailment(deps, question, signal)).toMatchObject({ verdict: "unscored" });
  }
});

test("an error of the judge is a reason, an abort is thrown", async () => {
  const fail = new AppError("queue_full", "All places are taken.");
  const { deps } = createScriptedDeps(() => [{ fail }]);
  const found = await checkEntailment(deps, question, signal);
  expect(found).toMatchObject({ verdict: "unscored", reason: expect.stringContaining("queue_full") });
  const aborted = AbortSignal.abort(fail);
  expect(await checkEntailment(deps, question, aborted).catch((error) => error)).toBe(fail);
});

test("premise and hypothesis are sections of their own", async () => {
  const { deps, engine } = createScriptedDeps(() => say('{"label": "neutral"}'));
  await checkEntailment(deps, question, signal);
  const input = engine.requests[0]?.input;
  const said = input?.type === "chat" ? input.messages.at(-1)?.content : "";
  expect(said).toBe("Context:\n[1] The port is 8125.\n\nHypothesis: It is 8125.");
});

test("labels are found in whatever way the tokens cut them", () => {
  const cut = [
    [
      { text: '{"label":"' },
      { text: "e", top: { e: 0.5, neutral: 0.25, contr: 0.25 } },
      { text: 'ntailment"}' },
    ],
    [
      { text: '{"label":' },
      { text: '"ent', top: { '"ent': 0.5, '"n': 0.25, '"con': 0.25, ent: 0.9 } },
      { text: 'ailment"}' },
    ],
    [
      { text: '{"label":"' },
      { text: 'entailment"}', top: { 'entailment"}': 0.5, 'neutral"': 0.25, co: 0.25 } },
    ],
  ];
  for (const told of cut) {
    const found = readChoiceProbabilities(tokens(told), entailmentLabels);
    expect(found).toEqual({
      probabilities: { entailment: 0.5, neutral: 0.25, contradiction: 0.25 },
      share: 1,
    });
  }
});

test("capital letters begin the same label, and what begins none lowers the share alone", () => {
  const told = tokens([
    { text: '"' },
    { text: "en", top: { en: 0.2, En: 0.2, Co: 0.1, x: 0.5 } },
    { text: 'tailment"' },
  ]);
  expect(readChoiceProbabilities(told, entailmentLabels)).toEqual({
    probabilities: { entailment: expect.closeTo(0.8, 9), neutral: 0, contradiction: expect.closeTo(0.2, 9) },
    share: expect.closeTo(0.5, 9),
  });
});

test("a token that stands beside its alternatives counts once, and without labels there is nothing", () => {
  const [token] = tokens([{ text: '"no"', top: { '"yes"': 0.25 } }]);
  const chosen = token && { ...token, logprob: Math.log(0.75) };
  const found = readChoiceProbabilities(chosen ? [chosen] : [], ["yes", "no"]);
  expect(found?.probabilities).toEqual({ yes: 0.25, no: 0.75 });
  expect(readChoiceProbabilities(tokens([{ text: "maybe" }]), ["yes", "no"])).toBeUndefined();
  expect(readChoiceProbabilities([], ["yes", "no"])).toBeUndefined();
});

test("a judge that meant none of the labels is unscored", async () => {
  const found = await check("contradiction", { co: 0.002, en: 0.001, port: 0.9 });
  expect(found).toMatchObject({ verdict: "unscored", reason: expect.stringContaining("larger judge model") });
  expect(found.score).toBeUndefined();
});

test("the built-in model, which cannot judge entailment, contradicts nobody", async () => {
  const engine = await createRealEngine();
  try {
    const deps = createRealDeps(engine);
    for (const hypothesis of ["It is 8125.", "It is 9000.", "Dana owns a horse."]) {
      const asked = { ...question, hypothesis, judgeModel: "hearth-demo" };
      const found = await checkEntailment(deps, asked, signal);
      expect(found).toMatchObject({ verdict: "unscored", reason: expect.stringContaining("0.0") });
    }
  } finally {
    await engine.stop(AbortSignal.timeout(5_000));
  }
});

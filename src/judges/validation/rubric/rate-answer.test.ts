import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import fc from "fast-check";
import { AppError } from "../../../base/index.ts";
import type { JsonObject } from "../../../contract/index.ts";
import type { Engine } from "../../../engine/index.ts";
import { createFakeLibrary, createFakeRecord, createRealEngine } from "../../../testing/index.ts";
import { createRealDeps, createScriptedDeps, say } from "../probes/probe-fixture.ts";
import { type RatingQuestion, rateAnswer } from "./rate-answer.ts";

const { signal } = new AbortController();
const question = { prompt: "Why?", response: "Because.", judgeModel: "fake-model" };
const full = { accuracy: 8, relevance: 10, completeness: 6, clarity: 9 };

function rate(reply: string, changes: Partial<RatingQuestion> = {}) {
  const { deps, engine } = createScriptedDeps(() => say(reply));
  return { engine, rating: rateAnswer(deps, { ...question, ...changes }, signal) };
}

function systemOf(engine: ReturnType<typeof rate>["engine"]): string {
  const input = engine.requests[0]?.input;
  return input?.type === "chat" ? input.messages.map(({ content }) => content).join("\n") : "";
}

test("the score is the mean of the criteria / 10, whatever average the judge claims", async () => {
  const { rating } = rate(JSON.stringify({ ...full, average: 10, score: 1 }));
  expect(await rating).toEqual({ scored: true, score: 0.825, criteria: full, reasons: [], warnings: [] });
});

test("a fenced block is read where the judge talks around it", async () => {
  const { rating } = rate(`Here you are:\n\`\`\`json\n${JSON.stringify(full)}\n\`\`\`\nBye {}.`);
  expect(await rating).toMatchObject({ scored: true, score: 0.825 });
});

test.each([
  ["not JSON", "rather good", "not a JSON object"],
  ["a JSON list", "[1]", "not a JSON object"],
  ["an empty reply", "", "not a JSON object"],
  ["a cut reply", '{"accuracy": 8, "rel', "not a JSON object"],
  ["a missing criterion", '{"accuracy": 8, "relevance": 8, "clarity": 8}', '"completeness"'],
  ["a score above 10", JSON.stringify({ ...full, clarity: 11 }), "no number from 0 to 10"],
  ["a score below 0", JSON.stringify({ ...full, clarity: -1 }), "no number from 0 to 10"],
  ["an endless score", JSON.stringify(full).replace("9", "1e999"), "no number from 0 to 10"],
  ["a score in words", JSON.stringify({ ...full, clarity: "9" }), "no number from 0 to 10"],
  ["no score", JSON.stringify({ ...full, clarity: null }), "no number from 0 to 10"],
])("%s leaves the answer unscored, with the reason", async (_, reply, reason) => {
  expect(await rate(reply).rating).toEqual({
    scored: false,
    reason: expect.stringContaining(reason),
    warnings: [],
  });
});

test("any reply gives a score from 0 to 1 or a reason, never a NaN", async () => {
  const value = fc.oneof(fc.jsonValue(), fc.integer({ min: -2, max: 12 }));
  const reply = fc.record(
    { accuracy: value, relevance: value, completeness: value, clarity: value },
    { requiredKeys: [] },
  );
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        fc.string(),
        reply.map((object) => JSON.stringify(object)),
      ),
      async (text) => {
        const rating = await rate(text === "" ? " " : text).rating;
        if (rating.scored) expect(rating.score >= 0 && rating.score <= 1).toBe(true);
        else expect(rating.reason).not.toBe("");
      },
    ),
    { numRuns: 60 },
  );
});

test("an error of the judge leaves the answer unscored, with its code", async () => {
  const fail = new AppError("host_died", "The engine host died.");
  const { deps } = createScriptedDeps(() => [{ fail }]);
  expect(await rateAnswer(deps, question, signal)).toEqual({
    scored: false,
    reason: "the judge fake-model failed (host_died): The engine host died.",
    warnings: [],
  });
});

test("an abort is thrown, not made a reason", async () => {
  const leaving = new AbortController();
  const { deps } = createScriptedDeps(() => {
    leaving.abort(new AppError("cancelled", "the user left"));
    return say("{}");
  });
  const rating = rateAnswer(deps, question, leaving.signal);
  expect(await rating.catch((error) => error.code)).toBe("cancelled");
});

test("the judge is asked greedily, as the evaluator, for the default criteria by schema and in words", async () => {
  const { engine, rating } = rate(JSON.stringify(full));
  await rating;
  const [request] = engine.requests;
  expect(request).toMatchObject({
    model: "fake-model",
    tenant: "evaluator",
    sampling: { temperature: 0, seed: 1 },
  });
  expect(request?.maxTokens).toBeGreaterThan(0);
  const schema = request?.constraint?.type === "json-schema" ? (request.constraint.schema as JsonObject) : {};
  expect(schema).toMatchObject({ required: Object.keys(full), additionalProperties: false });
  expect(systemOf(engine)).toContain("accuracy, relevance, completeness, clarity.");
});

test("with criteria of one's own the schema and the words name those and no others", async () => {
  const { engine, rating } = rate('{"tone": 7, "__proto__": 5}', { criteria: ["tone", "__proto__"] });
  expect(await rating).toMatchObject({ scored: true, score: 0.6 });
  const constraint = engine.requests[0]?.constraint;
  const schema = constraint?.type === "json-schema" ? (constraint.schema as JsonObject) : {};
  expect(schema.required).toEqual(["tone", "__proto__"]);
  expect(Object.keys(schema.properties ?? {})).toEqual(["tone", "__proto__"]);
  expect(systemOf(engine)).toContain("for each of tone, __proto__.");
  expect(systemOf(engine)).not.toContain("accuracy");
});

test("a criterion that the judge inherits from no reply counts as missing", async () => {
  expect(await rate("{}", { criteria: ["constructor"] }).rating).toMatchObject({ scored: false });
});

test("criteria that no rubric can hold are refused by name", async () => {
  const refused = [
    [],
    ["a", "a"],
    [" "],
    ["reason"],
    ["x".repeat(101)],
    Array.from({ length: 21 }, (_, i) => `c${i}`),
  ];
  for (const criteria of refused) {
    const error = await rate("{}", { criteria }).rating.catch((error) => error);
    expect(error).toMatchObject({ code: "invalid_request", message: expect.stringContaining("criteria: ") });
  }
});

test("reference and context are shown to the judge", async () => {
  const { engine, rating } = rate(JSON.stringify(full), { reference: "So it is.", context: ["one", "two"] });
  await rating;
  const said = systemOf(engine);
  expect(said).toContain(
    "Context:\n[1] one\n[2] two\n\nQuestion: Why?\n\nReference answer: So it is.\n\nAnswer: Because.",
  );
  expect(said).toContain("The reference answer is known to be right");
});

test("reasons are the judge's own where it is asked for them, and the criteria that it scored low", async () => {
  const reply = JSON.stringify({ ...full, clarity: 2, reason: "It is muddled." });
  const { engine, rating } = rate(reply, { explain: true });
  expect(await rating).toMatchObject({ reasons: ["It is muddled.", "clarity: 2 of 10"] });
  const constraint = engine.requests[0]?.constraint;
  expect(JSON.stringify(constraint)).toContain('"reason":{"type":"string"');
});

test("a model that judges its own answer is warned of, by name, alias or contents", async () => {
  const { deps } = createScriptedDeps(() => say(JSON.stringify(full)), { models: ["a", "twin-of-a", "b"] });
  const same = { ...createFakeRecord("a"), name: "twin-of-a" };
  const library = createFakeLibrary({ records: [createFakeRecord("a"), same, createFakeRecord("b")] });
  const warned = async (judgeModel: string, answeredBy: string) =>
    (await rateAnswer({ ...deps, library }, { ...question, judgeModel, answeredBy }, signal)).warnings;
  expect(await warned("a", "a")).toEqual([expect.stringContaining("a judges its own answer")]);
  expect(await warned("a", "twin-of-a")).toHaveLength(1);
  expect(await warned("a", "b")).toEqual([]);
  expect(await warned("a", "a-model-from-elsewhere")).toEqual([]);
});

describe("with the built-in model", () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await createRealEngine();
  });
  afterAll(() => engine.stop(AbortSignal.timeout(5_000)));

  const ask = (changes: Partial<RatingQuestion>) =>
    rateAnswer(createRealDeps(engine), { ...question, judgeModel: "hearth-demo", ...changes }, signal);

  test("an answer is scored by all criteria, twice the same, and a good one above a senseless one", async () => {
    const prompt = "What does the sandbox do?";
    const good = await ask({ prompt, response: "The sandbox runs commands in a safe place." });
    const bad = await ask({ prompt, response: "Rain is expected in Rome next week." });
    expect(good.scored && Object.keys(good.criteria)).toEqual(Object.keys(full));
    expect(await ask({ prompt, response: "The sandbox runs commands in a safe place." })).toEqual(good);
    expect(good.scored && bad.scored && good.score > bad.score).toBe(true);
  });

  test("criteria of one's own hold in the grammar, whatever their letters", async () => {
    const criteria = ['a "quoted" one', "größe", "x\\y"];
    const rating = await ask({ criteria });
    expect(rating.scored && Object.keys(rating.criteria)).toEqual(criteria);
  });

  test("an answer that does not fit the judge's context is unscored, with both lengths, and never cut", async () => {
    const rating = await ask({ response: "word ".repeat(3_000) });
    const reason = rating.scored ? "" : rating.reason;
    expect(reason).toContain("context_limit_exceeded");
    expect(reason).toMatch(/has \d{4,} tokens.*context holds 2048/);
  });
});

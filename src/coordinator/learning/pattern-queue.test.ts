import { expect, test } from "bun:test";
import fc from "fast-check";
import { AppError } from "../../base/index.ts";
import type { GenerateRequest } from "../../contract/index.ts";
import { createRealEngine } from "../../testing/index.ts";
import { extractPattern, parsePattern } from "./extract-pattern.ts";
import { createRecord, openTestLearning, signal, type TestLearningOptions } from "./learning.fixture.ts";
import { maxExamples, merge } from "./pattern-store.ts";

const pattern = {
  problem_type: "disk space",
  solution_approach: "find the largest folders and remove what can be made anew",
  skills_used: ["du", "sort"],
  generalizable_pattern: "measure usage by folder before deleting anything",
};

/** A chat that worked, told as liked, and its pattern made. */
async function teach(
  opened: Awaited<ReturnType<typeof openTestLearning>>,
  id: string,
  question = "how to free disk space",
  request: Partial<GenerateRequest> = {},
) {
  opened.learning.track(createRecord(id, question, "1. run du 2. sort 3. delete", { request }));
  await opened.learning.settle();
  const { willExtract } = await opened.learning.setOutcome(
    { id, tenant: request.tenant ?? "alice", outcome: "success", feedback: 1 },
    signal,
  );
  await opened.learning.settle();
  return willExtract;
}
const open = (changes: TestLearningOptions = {}) =>
  openTestLearning({ pattern: () => JSON.stringify(pattern), ...changes });
const results = (opened: Awaited<ReturnType<typeof openTestLearning>>) =>
  opened.told.filter(({ name }) => name === "pattern_extraction").map(({ payload }) => payload.result);

test("the same success twice is one pattern with two examples", async () => {
  await using opened = await open();
  await teach(opened, "chatcmpl-1");
  await teach(opened, "chatcmpl-2", "how to free more disk space");
  expect(results(opened)).toEqual(["added", "merged"]);
  const stored = [...(opened.knowledge.stored.get("skills-patterns")?.values() ?? [])];
  expect(stored.length).toBe(1);
  expect(stored[0]?.attributes).toMatchObject({
    ...{ skill_name: "disk space", description: pattern.generalizable_pattern },
    ...{ usage_pattern: pattern.solution_approach, related_skills: ["du", "sort"] },
    success_examples: ["how to free disk space", "how to free more disk space"],
  });
  for (const id of ["chatcmpl-1", "chatcmpl-2"])
    expect((await opened.learning.get(id, "alice")).patternId).toBe(stored[0]?.id as string);
});

test("a pattern of 0.7 that takes in one of 0.9 has 0.74, and keeps its last examples", () => {
  const listed = Array.from({ length: maxExamples }, (_, index) => `example ${index}`);
  const merged = merge(
    { value_score: 0.7, success_examples: listed },
    { example: "new", value: 0.9, now: 5 },
  );
  expect(merged).toMatchObject({ value_score: 0.74, last_updated: 5 });
  expect(merged.success_examples).toEqual([...listed.slice(1), "new"]);
});

test("a local model is asked, briefly, in its own share, and no cache or other machine has part in it", async () => {
  await using opened = await open();
  await teach(opened, "chatcmpl-1", `how to ${"x".repeat(2_000)}`);
  const [request] = opened.engine.requests;
  expect(request).toMatchObject({
    ...{ model: "fake-model", tenant: "learning", priority: "batch", privacy: "local", caching: "off" },
    ...{ maxTokens: 500, sampling: { temperature: 0.3 }, constraint: { type: "json-schema" } },
  });
  expect(request?.isInteraction).toBeUndefined();
  const prompt = request?.input.type === "chat" ? (request.input.messages[0]?.content ?? "") : "";
  expect(prompt).toContain(`how to ${"x".repeat(493)}\n`);
  expect(prompt.length).toBeLessThan(1_500);
});

test.each([
  ["no JSON", "I think that"],
  ["half of it", JSON.stringify(pattern).slice(0, 60)],
  ["a missing field", JSON.stringify({ ...pattern, generalizable_pattern: undefined })],
  ["an empty field", JSON.stringify({ ...pattern, solution_approach: "  " })],
  ["skills that are no list", JSON.stringify({ ...pattern, skills_used: "du" })],
  ["null", "null"],
])("%s is no pattern and one step of the counter", async (_, text) => {
  await using opened = await open({ pattern: () => text });
  await teach(opened, "chatcmpl-1");
  expect(results(opened)).toEqual(["invalid"]);
  expect(opened.knowledge.stored.get("skills-patterns")?.size).toBe(0);
  expect(await opened.learning.status("alice")).toMatchObject({
    "learning-metrics": { patterns: { extractions: 0, since_start: { invalid: 1 } } },
  });
});

test("where embedding fails nothing is stored", async () => {
  await using opened = await open();
  opened.learning.track(createRecord("chatcmpl-1", "how to free disk space", "1. run du"));
  await opened.learning.settle();
  opened.knowledge.failure = new AppError("inference_error", "the model gave zeros");
  const told = { id: "chatcmpl-1", tenant: "alice", outcome: "success", feedback: 1 } as const;
  await opened.learning.setOutcome(told, signal);
  await opened.learning.settle();
  expect(results(opened)).toEqual(["failed"]);
  expect(opened.knowledge.stored.get("skills-patterns")?.size).toBe(0);
  expect((await opened.learning.get("chatcmpl-1", "alice")).patternId).toBeUndefined();
});

test("a collection that fell back to words while it has vectors is not compared by words", async () => {
  await using opened = await open();
  const { search } = opened.knowledge;
  Object.assign(opened.knowledge, {
    search: async (...asked: Parameters<typeof search>) => ({ ...(await search(...asked)), mode: "words" }),
  });
  await teach(opened, "chatcmpl-1");
  expect(results(opened)).toEqual(["failed"]);
});

test("what is private, or kept as a hash, makes no pattern", async () => {
  await using opened = await open();
  await teach(opened, "chatcmpl-1", "how to free disk space", { privacy: "local" });
  expect(opened.engine.requests).toEqual([]);
  await using hashed = await open({ interactions: "hash" });
  await teach(hashed, "chatcmpl-1");
  expect(hashed.engine.requests).toEqual([]);
});

test("patterns of one tenant are not merged with those of another", async () => {
  await using opened = await open();
  await teach(opened, "chatcmpl-1");
  await teach(opened, "chatcmpl-2", "how to free disk space", { tenant: "bob" });
  expect(results(opened)).toEqual(["added", "added"]);
});

test("an interaction makes one pattern, however often its outcome changes", async () => {
  await using opened = await open();
  await teach(opened, "chatcmpl-1");
  for (const outcome of ["failure", "success"] as const)
    await opened.learning.setOutcome({ id: "chatcmpl-1", tenant: "alice", outcome }, signal);
  await opened.learning.settle();
  expect(results(opened)).toEqual(["added"]);
});

test("without a configured model no pattern is made", async () => {
  await using first = await open();
  const settings = { ...first.deps.settings, models: [] };
  await using opened = await open({ changes: { settings } });
  expect(await teach(opened, "chatcmpl-1")).toBe(false);
  expect(results(opened)).toEqual([]);
});

test("an outcome that changes while the pattern waits takes the pattern back", async () => {
  await using opened = await open();
  opened.learning.track(createRecord("chatcmpl-1", "how to free disk space", "1. run du"));
  await opened.learning.settle();
  const told = { id: "chatcmpl-1", tenant: "alice", feedback: 1 } as const;
  const first = opened.learning.setOutcome({ ...told, outcome: "success" }, signal);
  const second = opened.learning.setOutcome({ ...told, outcome: "failure" }, signal);
  await Promise.all([first, second]);
  await opened.learning.settle();
  expect((await opened.learning.get("chatcmpl-1", "alice")).outcome).toBe("failure");
  expect(opened.knowledge.stored.get("skills-patterns")?.size).toBe(0);
});

test("any text at all is a whole pattern or none", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      const made = parsePattern(text);
      if (made) expect(Object.values(made).every((value) => value.length > 0)).toBe(true);
    }),
  );
  const texts = fc.record({
    problem_type: fc.string(),
    solution_approach: fc.string({ maxLength: 2_000 }),
    skills_used: fc.array(fc.oneof(fc.string(), fc.integer())),
    generalizable_pattern: fc.string({ unit: "grapheme", maxLength: 2_000 }),
  });
  fc.assert(
    fc.property(texts, (written) => {
      const made = parsePattern(JSON.stringify(written));
      const isWhole = [written.problem_type, written.solution_approach, written.generalizable_pattern].every(
        (text) => /\p{L}[\p{L}\p{M}]/u.test(text.trim().slice(0, 600)),
      );
      expect(made !== undefined).toBe(isWhole);
      for (const text of [made?.solutionApproach ?? "", made?.generalizablePattern ?? ""])
        expect(text.length).toBeLessThanOrEqual(600);
    }),
  );
});

test("fields of punctuation alone are no pattern", () => {
  const written = {
    ...{ problem_type: "tuning a guitar", solution_approach: "tune by the fifth fret" },
    ...{ skills_used: [], generalizable_pattern: "tune one string by another" },
  };
  expect(parsePattern(JSON.stringify(written))).toBeDefined();
  expect(parsePattern(JSON.stringify({ ...written, generalizable_pattern: ", [ [ 11:" }))).toBeUndefined();
});

test("the built-in model's pattern fits the grammar, or is cut off and none", async () => {
  const engine = await createRealEngine();
  try {
    let text = "";
    let reason = "";
    const generate = async function* (request: GenerateRequest, given: AbortSignal) {
      for await (const event of engine.generate(request, given)) {
        if (event.type === "text") text += event.text;
        if (event.type === "finish") reason = event.reason;
        yield event;
      }
    };
    const asked = { query: "how to free disk space", response: "run du and sort by size" };
    const made = await extractPattern({ generate }, "hearth-demo", asked, signal);
    expect(text).toStartWith("{");
    if (reason === "stop") expect(made).toEqual(parsePattern(text));
    else expect(made).toBeUndefined();
    expect(reason === "stop" || reason === "length").toBe(true);
  } finally {
    await engine.stop(AbortSignal.abort());
  }
});

import { expect, test } from "bun:test";
import fc from "fast-check";
import { parseCriteria } from "./criteria.ts";
import { presets } from "./presets.ts";

function refusalOf(value: unknown, path?: string): string {
  try {
    parseCriteria(value, path);
  } catch (error) {
    expect(error).toMatchObject({ code: "invalid_request" });
    return error instanceof Error ? error.message : "";
  }
  throw new Error("it was taken");
}

test("nothing said is the default preset", () => {
  expect(parseCriteria({})).toEqual({
    minResponseLength: 10,
    maxResponseLength: 10_000,
    requiredKeywords: [],
    forbiddenKeywords: ["I cannot", "I don't know", "unable to"],
    minCoherenceScore: 0.7,
    minRelevanceScore: 0.8,
    requireFactualAccuracy: true,
    customValidators: [],
    judges: [],
    rubric: { isAsked: false, weight: 1 },
    looksAt: { text: true, coherence: true, relevance: true },
  });
});

test("a preset is the whole of its column, and fields beside it go before it", () => {
  expect(parseCriteria({ preset: "technical_documentation" })).toMatchObject({
    ...{ minResponseLength: 100, maxResponseLength: 5_000, minCoherenceScore: 0.85, minRelevanceScore: 0.9 },
    ...{ requiredKeywords: ["implementation", "example"], forbiddenKeywords: ["I think", "maybe"] },
    requireFactualAccuracy: true,
  });
  const criteria = { preset: "creative_writing", min_coherence_score: 0.1, forbidden_keywords: [] };
  expect(parseCriteria(criteria)).toMatchObject({
    ...{ minResponseLength: 50, maxResponseLength: 20_000, minRelevanceScore: 0.7 },
    ...{ minCoherenceScore: 0.1, forbiddenKeywords: [], requireFactualAccuracy: false },
  });
  expect(parseCriteria({ preset: "creative_writing" })).toMatchObject({
    ...{ minCoherenceScore: 0.6, requiredKeywords: [], forbiddenKeywords: ["error", "failed"] },
  });
});

test("without a preset only what is asked for is looked at", () => {
  const none = { preset: "none" };
  expect(parseCriteria(none).looksAt).toEqual({ text: false, coherence: false, relevance: false });
  expect(parseCriteria({ ...none, max_response_length: 5 }).looksAt.text).toBe(true);
  expect(parseCriteria({ ...none, min_coherence_score: 0.1 }).looksAt.coherence).toBe(true);
  expect(parseCriteria({ ...none, min_relevance_score: 0 }).looksAt.relevance).toBe(true);
});

test("compliance asks for factual accuracy, whatever is said of that", () => {
  const criteria = { preset: "none", compliance: "legal", require_factual_accuracy: false };
  expect(parseCriteria(criteria)).toMatchObject({ compliance: "legal", requireFactualAccuracy: true });
});

test("a length that is asked for goes before the default of the other", () => {
  expect(parseCriteria({ max_response_length: 5 })).toMatchObject({
    minResponseLength: 5,
    maxResponseLength: 5,
  });
  expect(parseCriteria({ min_response_length: 20_000 })).toMatchObject({ maxResponseLength: 20_000 });
});

test("a judge may be its name alone, and validators named twice run once", () => {
  const { judges, customValidators } = parseCriteria({
    judges: [
      "json-schema",
      { plugin: "grounding", weight: 2, threshold: 0.5, criteria: { min_grounding: 0.1 } },
    ],
    custom_validators: ["mine", "mine"],
  });
  expect(judges).toEqual([
    { plugin: "json-schema", weight: 1, criteria: {} },
    { plugin: "grounding", weight: 2, threshold: 0.5, criteria: { min_grounding: 0.1 } },
  ]);
  expect(customValidators).toEqual(["mine"]);
});

test.each([
  [{ min_coherence_score: 1.5 }, /^criteria\.min_coherence_score: .*1, not 1\.5$/],
  [{ min_relevance_score: -0.1 }, /^criteria\.min_relevance_score: .*0, not -0\.1$/],
  [{ min_relevance_score: Number.NaN }, /^criteria\.min_relevance_score: /],
  [{ min_response_length: 1.5 }, /^criteria\.min_response_length: /],
  [{ min_response_length: "10" }, /^criteria\.min_response_length: .*not "10"$/],
  [{ min_response_length: 9, max_response_length: 5 }, /^criteria\.min_response_length: 9 is above .* 5$/],
  [{ required_keywords: "word" }, /^criteria\.required_keywords: expected a list, not "word"$/],
  [{ required_keywords: [""] }, /^criteria\.required_keywords\[0\]: /],
  [{ forbidden_keywords: [1] }, /^criteria\.forbidden_keywords\[0\]: .*not 1$/],
  [{ required_keywords: Array.from({ length: 257 }, () => "a") }, /^criteria\.required_keywords: .*256/],
  [{ require_factual_accuracy: 1 }, /^criteria\.require_factual_accuracy: expected true or false, not 1$/],
  [{ min_lenght: 1 }, /^criteria\.min_lenght: there is no such field; there are preset, min_response_length/],
  [{ judges: [{ plugin: "a", weigth: 1 }] }, /^criteria\.judges\[0\]\.weigth: there is no such field$/],
  [{ judges: [{ plugin: "a", weight: -1 }] }, /^criteria\.judges\[0\]\.weight: .*not -1$/],
  [{ judges: [{ plugin: "a", threshold: 2 }] }, /^criteria\.judges\[0\]\.threshold: .*not 2$/],
  [{ judges: [{ plugin: "a" }, "a"] }, /^criteria\.judges\[1\]\.plugin: "a" judges already/],
  [{ judges: [{}] }, /^criteria\.judges\[0\]\.plugin: it is missing$/],
  [{ preset: "strict" }, /^criteria\.preset: .*not "strict"$/],
  [{ compliance: "strict" }, /^criteria\.compliance: expected one of healthcare, .*not "strict"$/],
  [{ rubric: { min_score: 7 } }, /^criteria\.rubric\.min_score: /],
  [{ rubric: { criteria: [] } }, /^criteria\.rubric\.criteria: /],
  [null, /^criteria: expected fields and their values, not null$/],
  [[], /^criteria: expected fields and their values/],
])("%j is refused by the field that is wrong", (value, message) => {
  expect(refusalOf(value)).toMatch(message);
});

test("the path is that of whoever read the criteria", () => {
  const path = "cases[3].criteria";
  expect(refusalOf({ min_coherence_score: 2 }, path)).toStartWith("cases[3].criteria.min_coherence_score: ");
});

test("no value makes it fail otherwise, and a long one is not told in full", () => {
  fc.assert(
    fc.property(fc.anything(), (value) => {
      try {
        parseCriteria(value);
      } catch (error) {
        expect(error).toMatchObject({ code: "invalid_request" });
      }
    }),
  );
  expect(refusalOf({ preset: "a".repeat(1e6) }).length).toBeLessThan(400);
});

test("every preset is itself within the bounds that criteria have", () => {
  for (const preset of Object.keys(presets))
    expect(parseCriteria({ preset })).toMatchObject(presets[preset as "none"]);
});

test("an error names the field for clients that read it apart from the message", () => {
  const wrong = [
    [{ mood: 1 }, "criteria.mood"],
    [{ judges: [{ plugin: "a", threshold: 2 }] }, "criteria.judges[0].threshold"],
    [{ judges: ["a", "a"] }, "criteria.judges[1].plugin"],
    [{ min_response_length: 2, max_response_length: 1 }, "criteria.min_response_length"],
  ] as const;
  for (const [criteria, param] of wrong) {
    expect(() => parseCriteria(criteria)).toThrow(expect.objectContaining({ details: { param } }));
  }
});

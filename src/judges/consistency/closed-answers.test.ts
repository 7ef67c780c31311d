import { expect, test } from "bun:test";
import fc from "fast-check";
import { exactMatchRate, findMajority, majorityRate, normalizeAnswer } from "./closed-answers.ts";

test("case, white space and punctuation at the end make no difference", () => {
  expect(normalizeAnswer("  The\n ANSWER  is 42. ")).toBe("the answer is 42");
  expect(normalizeAnswer("Yes!?")).toBe("yes");
  expect(normalizeAnswer("3.5")).toBe("3.5");
  expect(normalizeAnswer("はい。")).toBe("はい");
});

test("normalising twice is normalising once", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (text) => {
      expect(normalizeAnswer(normalizeAnswer(text))).toBe(normalizeAnswer(text));
    }),
  );
});

test("three of four that agree: majority 0.75, matching pairs 3 of 6", () => {
  const answers = ["42", "42.", " 42", "41"];
  expect(majorityRate(answers)).toEqual({ scored: true, value: 0.75 });
  expect(exactMatchRate(answers)).toEqual({ scored: true, value: 0.5 });
});

test("the majority is told in the words of its first answer, the first of a draw", () => {
  expect(findMajority(["no", "Yes!", "yes"])).toEqual({ answer: "Yes!", votes: 2 });
  expect(findMajority(["b", "a"])).toEqual({ answer: "b", votes: 1 });
  expect(findMajority([])).toBeUndefined();
});

test("answers of nothing but signs are told apart", () => {
  expect(exactMatchRate(["?", "!"])).toEqual({ scored: true, value: 0 });
});

test("too few answers are unscored", () => {
  expect(majorityRate([]).scored).toBe(false);
  expect(exactMatchRate(["one"]).scored).toBe(false);
});

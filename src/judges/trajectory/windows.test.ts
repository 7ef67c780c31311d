import { expect, test } from "bun:test";
import fc from "fast-check";
import { planWindows } from "./windows.ts";

test("a long text is cut into windows of 512 whose second half is scored", () => {
  expect(planWindows({ textTokens: 2700, contextTokens: 2048 })).toEqual({
    ...{ windowTokens: 512, windows: 5, firstScored: 257, isShort: false },
  });
});

test("windows are no larger than the context", () => {
  expect(planWindows({ textTokens: 300, contextTokens: 128 })).toMatchObject({
    windowTokens: 128,
    windows: 2,
  });
});

test("a text shorter than two windows is scored as a whole where it fits", () => {
  expect(planWindows({ textTokens: 9, contextTokens: 512 })).toEqual({
    ...{ windowTokens: 9, windows: 1, firstScored: 1, isShort: true },
  });
});

test("a text shorter than two windows that does not fit is scored in halves", () => {
  expect(planWindows({ textTokens: 701, contextTokens: 512 })).toEqual({
    ...{ windowTokens: 350, windows: 2, firstScored: 176, isShort: false },
  });
});

test("a window that was asked for refuses a text of less than two, with both counts", () => {
  const plan = () => planWindows({ textTokens: 1023, contextTokens: 2048, windowTokens: 512 });
  expect(plan).toThrow("the text has 1023 tokens, and windows of 512 need at least 1024");
});

test("a window that the model's context does not hold is refused", () => {
  const plan = () => planWindows({ textTokens: 9000, contextTokens: 2048, windowTokens: 4096 });
  expect(plan).toThrow("the 2048 of the model's context");
});

test("a text of one token has nothing to score", () => {
  expect(() => planWindows({ textTokens: 1, contextTokens: 512 })).toThrow("the text has one token");
});

test("every plan fits the text and the context, and scores something", () => {
  const sizes = fc.record({
    textTokens: fc.integer({ min: 2, max: 100_000 }),
    contextTokens: fc.integer({ min: 8, max: 4096 }),
  });
  fc.assert(
    fc.property(sizes, ({ textTokens, contextTokens }) => {
      const { windowTokens, windows, firstScored } = planWindows({ textTokens, contextTokens });
      expect(windowTokens).toBeLessThanOrEqual(contextTokens);
      expect(windows * windowTokens).toBeLessThanOrEqual(textTokens);
      expect(windows).toBeGreaterThan(0);
      expect(firstScored).toBeLessThan(windowTokens);
    }),
  );
});

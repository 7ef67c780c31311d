import { expect, test } from "bun:test";
import fc from "fast-check";
import { cutText, shortenText } from "./cut-text.ts";

test("a text is cut before a character that would be halved, and what was cut shows", () => {
  expect(cutText("ab😀", 3)).toBe("ab");
  expect(cutText("ab😀", 4)).toBe("ab😀");
  expect(shortenText("ab😀", 3)).toBe("ab…");
  expect(shortenText("abc", 3)).toBe("abc");
});

test("a text that is cut is its beginning, within the limit, and whole characters", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.integer({ min: 1, max: 40 }), (text, limit) => {
      const cut = cutText(text, limit);
      expect(text.startsWith(cut)).toBe(true);
      expect(cut.length).toBeLessThanOrEqual(limit);
      expect(cut.length).toBeGreaterThanOrEqual(Math.min(text.length, limit) - 1);
      expect(cut.isWellFormed()).toBe(true);
    }),
  );
});

import { expect, test } from "bun:test";
import { saySame } from "./same-answer.ts";

/** Two vectors of length 1 at a cosine. */
const at = (cosine: number) => async () => [
  Float32Array.of(1, 0),
  Float32Array.of(cosine, Math.sqrt(1 - cosine ** 2)),
];

test("answers that are as alike as 0.9 say the same, others do not", async () => {
  expect(await saySame("It is blue.", "Blue it is.", at(0.91))).toBe(true);
  expect(await saySame("It is blue.", "It is red.", at(0.89))).toBe(false);
});

test("other numbers are another answer, however alike; their order does not count", async () => {
  expect(await saySame("Boil 7 minutes", "Boil 9 minutes", at(0.99))).toBe(false);
  expect(await saySame("2 eggs, 7 minutes", "7 minutes for 2 eggs", at(0.99))).toBe(true);
});

test("the same text but for spacing needs no vectors, and without vectors nothing else says the same", async () => {
  expect(await saySame("It is\n blue. ", "It is blue.", async () => [])).toBe(true);
  expect(await saySame("It is blue.", "Blue it is.", async () => [])).toBe(false);
});

test("a long answer is compared part by part, so that one part which says otherwise is not hidden by the rest", async () => {
  const part = (word: string) => `${`${word} `.repeat(100).trim()}. `;
  const embed = async (texts: readonly string[]) =>
    texts.map((text) => {
      const [water = 0, salt = 0, sand = 0] = ["water", "salt", "sand"].map(
        (word) => text.split(word).length - 1,
      );
      const length = Math.hypot(water, salt, sand);
      return Float32Array.of(water / length, salt / length, sand / length);
    });
  const [water, salt, sand] = ["water", "salt", "sand"].map((word) => part(word).repeat(3)) as [
    string,
    string,
    string,
  ];
  expect(await saySame(`${water}${salt}`, `Well: ${water}${salt}`, embed)).toBe(true);
  expect(await saySame(`${water}${water}${water}${salt}`, `${water}${water}${water}${sand}`, embed)).toBe(
    false,
  );
  expect(await saySame(water, `${water}${sand}`, embed)).toBe(false);
  expect(await saySame(`${water}${sand}`, water, embed)).toBe(false);
});

import { expect, test } from "bun:test";
import fc from "fast-check";
import { cosine } from "./cosine.ts";
import { createWordEmbedder, maxTextLength } from "./word-embedder.ts";

const { signal } = new AbortController();
const embedder = createWordEmbedder();

async function likeness(first: string, second: string): Promise<number> {
  const [one, other] = await embedder.embed([first, second], signal);
  if (!one || !other) throw new Error("a vector is missing");
  return cosine(one, other);
}

test("a text is exactly like itself, whatever is in it", async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: "grapheme" }), async (text) => {
      expect(await likeness(text, text)).toBe(1);
    }),
  );
});

test("every likeness is a number from -1 to 1, the same both ways", async () => {
  const text = fc.string({ unit: "grapheme" });
  await fc.assert(
    fc.asyncProperty(text, text, async (first, second) => {
      const value = await likeness(first, second);
      expect(value).toBeWithin(-1, 1.000001);
      expect(await likeness(second, first)).toBe(value);
    }),
  );
});

test("the same words in another order, case or number are the same", async () => {
  expect(await likeness("The dog chases two cats.", "cat, two DOGS chase")).toBeGreaterThan(0.7);
  expect(await likeness("Paris is the capital of France", "The capital of France is Paris!")).toBe(1);
});

test("sentences without a common content word are unlike, though their function words agree", async () => {
  const sentences = [
    "What is the capital of France?",
    "How does the immune system fight a virus?",
    "The guitar that he bought is out of tune.",
    "Interest rates will be raised by the central bank.",
    "私は毎朝コーヒーを飲みます。",
    "Мы завтра поедем на море.",
    "yes",
    "no",
  ];
  for (const [index, first] of sentences.entries())
    for (const second of sentences.slice(index + 1))
      expect(Math.abs(await likeness(first, second))).toBeLessThan(0.2);
});

test("unrelated English sentences that share a word come out below 0.5", async () => {
  const value = await likeness(
    "The bank raised its interest rates last week.",
    "We sat on the bank of the river and watched birds.",
  );
  expect(value).toBeWithin(0.05, 0.5);
});

test("a word that is said ten times weighs 1 + ln 10 times as much, not ten times", async () => {
  // 1 / √(1 + 3.303²) = 0.290; by mere counts it were 0.100.
  expect(await likeness(`${"apple ".repeat(10)} pear`, "pear")).toBeWithin(0.2, 0.38);
});

test("words of scripts without spaces are told apart", async () => {
  expect(await likeness("我喜欢吃苹果", "我喜欢吃香蕉")).toBeWithin(0.4, 0.95);
  expect(await likeness("東京は日本の首都です", "首都は東京です")).toBeGreaterThan(0.5);
});

test("blank texts are like one another and unlike all else", async () => {
  expect(await likeness("", " \n\t")).toBe(1);
  expect(await likeness(" ", "word")).toBe(0);
});

test("a text of nothing but function words or signs is still told from another", async () => {
  expect(await likeness("to be or not to be", "what is it")).toBeLessThan(0.2);
  expect(await likeness("...", "?!")).toBeLessThan(0.2);
});

test("a text gives the same vector whichever texts stand beside it", async () => {
  const [alone] = await embedder.embed(["one sentence"], signal);
  const [, among] = await embedder.embed(["another", "one sentence", "one sentence"], signal);
  expect(among).toEqual(alone as Float32Array);
});

test("a text that is too long is refused by its index", async () => {
  await expect(embedder.embed(["fine", "x".repeat(maxTextLength + 1)], signal)).rejects.toThrow(
    /text 1 has 200001/,
  );
});

test("an aborted call ends with the reason", async () => {
  const reason = new Error("enough");
  await expect(embedder.embed(["text"], AbortSignal.abort(reason))).rejects.toBe(reason);
});

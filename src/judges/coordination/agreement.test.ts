import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { AppError } from "../../base/index.ts";
import { measureAnswers } from "../consistency/answer-consistency.ts";
import type { Embedder } from "../similarity/embedder.ts";
import { relevancePairs } from "../similarity/relevance-pairs.ts";
import { createWordEmbedder } from "../similarity/word-embedder.ts";
import { embedTexts, measureConsensus, measureRedundancy } from "./agreement.ts";
import type { AgentAnswer } from "./strategies/strategy.ts";

const { signal } = new AbortController();
const words = createWordEmbedder();

async function consensusOf(texts: readonly string[]) {
  return measureConsensus(await words.embed(texts, signal));
}

function answerOf(stage: number): AgentAnswer {
  return {
    ...{ agentId: "agent", model: "m", seed: 1, stage, text: "", promptTokens: 1, completionTokens: 1 },
    ...{ isCut: false, durationMs: 1, atMs: 1 },
  };
}

const vectorAt = (degrees: number) =>
  Float32Array.of(Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180));

describe("consensus", () => {
  test("of identical answers is 1", async () => {
    expect((await consensusOf(["Iron rusts.", "Iron rusts.", "Iron rusts."])).rate).toBeCloseTo(1, 6);
  });

  test("of unrelated answers is below 0.5", async () => {
    const texts = ["Iron rusts in water.", "Paris is the capital of France.", "Bees dance to tell the way."];
    expect((await consensusOf(texts)).rate).toBeLessThan(0.5);
  });

  test("of one agent is 1", async () => {
    expect(await consensusOf(["alone"])).toEqual({ rate: 1, pairs: 0, pairsFailed: 0 });
  });

  test("leaves out a pair that failed and counts it", () => {
    const vectors = [vectorAt(0), vectorAt(60), undefined];
    expect(measureConsensus(vectors)).toEqual({ rate: expect.closeTo(0.5, 6), pairs: 3, pairsFailed: 2 });
  });

  test("of pairs that all failed is no number", () => {
    expect(measureConsensus([vectorAt(0), undefined])).toEqual({ pairs: 1, pairsFailed: 1 });
  });
});

test("a text that cannot be embedded is told of, and the others are embedded", async () => {
  const embedder: Embedder = {
    name: "picky",
    async embed(texts) {
      if (texts.includes("long")) throw new AppError("context_limit_exceeded", "too long");
      return texts.map(() => vectorAt(0));
    },
  };
  const { vectors, unscored } = await embedTexts(embedder, ["short", "long"], signal);
  expect(vectors).toEqual([vectorAt(0), undefined]);
  expect(unscored).toEqual([{ name: "similarity[1]", reason: "too long" }]);
});

describe("agreement as a whole: consensus and consistency", () => {
  const agreementOf = async (texts: readonly string[]) => {
    const [{ rate }, { consistency }] = [
      await consensusOf(texts),
      await measureAnswers(words, texts, signal),
    ];
    return { consensus: rate, consistency: consistency.scored ? consistency.value : undefined };
  };

  test("identical answers give 1, whatever they say and however many they are", async () => {
    const texts = fc.tuple(fc.string({ unit: "grapheme" }), fc.integer({ min: 2, max: 6 }));
    await fc.assert(
      fc.asyncProperty(texts, async ([text, count]) => {
        expect(await agreementOf(Array(count).fill(text))).toEqual({ consensus: 1, consistency: 1 });
      }),
    );
  });

  const unrelated = fc.shuffledSubarray(
    relevancePairs.map(([, answer]) => answer),
    { minLength: 2 },
  );

  test("answers to different questions give less than 0.5", async () => {
    await fc.assert(
      fc.asyncProperty(unrelated, async (texts) => {
        const { consensus, consistency } = await agreementOf(texts);
        expect(consensus).toBeLessThan(0.5);
        expect(consistency).toBeLessThan(0.5);
      }),
    );
  });

  test("whose answer is whose changes nothing", async () => {
    const mixed = unrelated.chain((texts) => {
      const all = [...texts, ...texts.slice(0, 1)];
      return fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }));
    });
    await fc.assert(
      fc.asyncProperty(mixed, async ([texts, shuffled]) => {
        const { consensus = 0, consistency = 0 } = await agreementOf(texts);
        expect(await agreementOf(shuffled)).toEqual({
          consensus: expect.closeTo(consensus, 6),
          consistency: expect.closeTo(consistency, 6),
        });
      }),
    );
  });
});

describe("redundancy", () => {
  test("counts answers that another gave before, or beside them", () => {
    const answers = [answerOf(0), answerOf(0), answerOf(1), answerOf(2)];
    const vectors = [vectorAt(0), vectorAt(2), vectorAt(90), vectorAt(91)];
    expect(measureRedundancy(answers, vectors).addingNothing).toBe(0.5);
  });

  test("takes a cosine of 0.95 for another answer, and a larger one for the same", () => {
    const answers = [answerOf(0), answerOf(0)];
    const addingAt = (cosine: number) =>
      measureRedundancy(answers, [vectorAt(0), vectorAt((Math.acos(cosine) * 180) / Math.PI)]).addingNothing;
    expect([0.949, 0.951].map(addingAt)).toEqual([0, 0.5]);
  });

  test("the order of those who answer side by side changes nothing", () => {
    const order = [0, 1, 2, 3, 4, 5];
    const degrees = fc.array(fc.integer({ min: 0, max: 90 }), { minLength: 6, maxLength: 6 });
    fc.assert(
      fc.property(degrees, fc.shuffledSubarray(order, { minLength: 6 }), (angles, shuffled) => {
        const measure = (indexes: readonly number[]) => {
          const vectors = indexes.map((index) => vectorAt(angles[index] ?? 0));
          const answers = vectors.map(() => answerOf(0));
          return { ...measureRedundancy(answers, vectors), ...measureConsensus(vectors) };
        };
        const { meanSimilarity = 0, rate = 0, ...counts } = measure(order);
        expect(measure(shuffled)).toEqual({
          ...counts,
          meanSimilarity: expect.closeTo(meanSimilarity, 6),
          rate: expect.closeTo(rate, 6),
        });
      }),
    );
  });
});

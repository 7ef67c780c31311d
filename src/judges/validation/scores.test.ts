import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { describeDisagreement, measureAgreement, toAgreementBand } from "./ensemble-agreement.ts";
import { measureHeuristicQuality } from "./heuristic-quality.ts";
import { listSentences } from "./sentences.ts";

describe("agreement of judges", () => {
  test("is 1 less the mean distance of their scores", () => {
    expect(measureAgreement([0.9, 0.5, 0.7])).toBeCloseTo(1 - (0.4 + 0.2 + 0.2) / 3, 12);
    expect(measureAgreement([0, 1])).toBe(0);
    expect(measureAgreement([0.3, 0.3, 0.3])).toBe(1);
    expect(measureAgreement([0.3])).toBeUndefined();
  });

  test("is the mean over all pairs, in any order", () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.array(share, { minLength: 2, maxLength: 12 }), (scores) => {
        const pairs = scores.flatMap((left, i) => scores.slice(i + 1).map((right) => Math.abs(left - right)));
        const mean = pairs.reduce((sum, distance) => sum + distance, 0) / pairs.length;
        expect(measureAgreement(scores)).toBeCloseTo(1 - mean, 9);
      }),
    );
  });

  test("is warned of below 0.7, after rounding", () => {
    expect([1, 0.7, 0.69996].flatMap(describeDisagreement)).toEqual([]);
    expect(describeDisagreement(0.6999)).toEqual([expect.stringContaining("moderate (0.6999)")]);
  });

  test("has bands at 0.8, 0.6 and 0.4", () => {
    expect([1, 0.8, 0.79996, 0.7, 0.6, 0.5, 0.4, 0.39].map(toAgreementBand)).toEqual([
      ...(["strong", "strong", "strong", "moderate", "moderate", "weak", "weak", "none"] as const),
    ]);
  });
});

describe("heuristic quality", () => {
  const twentyWords =
    "Rivers carry stones along until they settle where water flows slower still, and there sands build wide flat banks again.";

  test("of a sentence of 20 words of common length is what relevance and density make of it", () => {
    const { length: count } = twentyWords.split(" ");
    expect(count).toBe(20);
    const quality = measureHeuristicQuality({
      response: twentyWords,
      similarity: 0.5,
      keywords: ["water", "stones"],
    });
    expect(quality).toBeCloseTo(0.3 * 0.5 + 0.3 * 1 + (0.4 * ((2 / 20) * 100)) / 20, 12);
  });

  test("of 30 words of 9 letters in a sentence falls to 0.8 and 0.5 of a good one", () => {
    const response = `${Array.from({ length: 30 }, () => "abcdefghi").join(" ")}.`;
    const quality = measureHeuristicQuality({ response, similarity: 0, keywords: [] });
    // (50 − 30) / (50 − 25) and (12 − 9) / (12 − 6).
    expect(quality).toBeCloseTo((0.3 * (0.8 + 0.5)) / 2, 12);
  });

  test("of one short word has a fifteenth of a good sentence", () => {
    const quality = measureHeuristicQuality({ response: "it.", similarity: -1, keywords: [] });
    expect(quality).toBeCloseTo((0.3 * (1 / 15 + 2 / 4)) / 2, 12);
  });

  test("falls to the rest where sentences are of 50 words and words of 12 letters", () => {
    const response = Array.from({ length: 50 }, () => "abcdefghijkl").join(" ");
    expect(measureHeuristicQuality({ response, similarity: 1, keywords: [] })).toBeCloseTo(0.3, 12);
  });

  test("of a text without words is 0, and of any text from 0 to 1", () => {
    expect(measureHeuristicQuality({ response: "…!", similarity: 1, keywords: ["…"] })).toBe(0);
    fc.assert(
      fc.property(
        fc.string({ unit: "binary" }),
        fc.double({ min: -1, max: 1, noNaN: true }),
        (response, similarity) => {
          expect(measureHeuristicQuality({ response, similarity, keywords: ["a", "b"] })).toBeWithin(
            0,
            1.0001,
          );
        },
      ),
    );
  });
});

test("lines end sentences, and blank ones are none", () => {
  expect(listSentences("One. Two!\n\n  \n- three\n")).toEqual(["One.", "Two!", "- three"]);
});

import { expect, test } from "bun:test";
import fc from "fast-check";
import {
  type CompliancePreset,
  compliancePresets,
  findComplianceViolation,
  isCompliant,
  measureGroundedConfidence,
  toNliScore,
} from "./grounded-confidence.ts";

const presetNames = Object.keys(compliancePresets) as readonly CompliancePreset[];
const sure = { label: "entailment", probability: 0.98 } as const;
const grounded = { share: 1, ungroundedTerms: 0 };

test("0.3·0.8 + 0.5·0.9 + 0.2·0.5 is 0.79, a match", () => {
  const measured = measureGroundedConfidence({
    semantic: 0.8,
    entailment: { label: "entailment", probability: 0.9 },
    grounding: { share: 0.5, ungroundedTerms: 0 },
  });
  expect(measured?.confidence).toBeCloseTo(0.79, 12);
  expect(measured).toMatchObject({ isMatch: true, isHallucination: false, nli: 0.9 });
});

test("a confidence of 0.7 after rounding is a match, one below is none", () => {
  const isMatch = (semantic: number) => measureGroundedConfidence({ semantic })?.isMatch;
  expect([0.7, 0.69996, 0.6999].map(isMatch)).toEqual([true, true, false]);
});

test("weights of what is not measured go to the rest", () => {
  const { confidence } = measureGroundedConfidence({ semantic: 0.8, grounding: grounded }) ?? {};
  expect(confidence).toBeCloseTo((0.3 * 0.8 + 0.2 * 1) / 0.5, 12);
  expect(measureGroundedConfidence({})).toBeUndefined();
});

test("a contradiction scores below a half, and is a hallucination whatever else agrees", () => {
  const entailment = { label: "contradiction", probability: 0.9 } as const;
  expect(toNliScore(entailment)).toBeCloseTo(0.1, 12);
  const measured = measureGroundedConfidence({ semantic: 1, entailment, grounding: grounded });
  expect(measured).toMatchObject({ isHallucination: true });
  const unsure = { ...entailment, probability: 0.5 };
  expect(measureGroundedConfidence({ entailment: unsure })).toMatchObject({ isHallucination: true });
  expect(toNliScore({ label: "neutral", probability: 1 })).toBe(0.5);
});

test("a well-supported answer is compliant under every preset", () => {
  const measured = measureGroundedConfidence({ semantic: 0.95, entailment: sure, grounding: grounded });
  if (!measured) throw new Error("it was not measured");
  expect(presetNames.filter((preset) => !isCompliant(measured, preset))).toEqual([]);
});

test("each preset changes whether some answer is compliant", () => {
  const compliant = (confidence: number) =>
    presetNames.filter((preset) => isCompliant({ confidence, isHallucination: false }, preset));
  expect(compliant(0.79996)).toEqual(["general"]);
  expect(compliant(0.9)).toEqual(["financial", "general", "default"]);
  expect(compliant(0.92)).toEqual(["financial", "legal", "general", "default"]);
  expect(compliant(0.94994)).not.toContain("healthcare");
  expect(isCompliant({ confidence: 1, isHallucination: true }, "general")).toBe(false);
});

test("within the tolerance of its preset an answer warns, beyond it and by hallucination it fails", () => {
  const severityOf = (preset: CompliancePreset, confidence: number, isHallucination = false) =>
    findComplianceViolation({ confidence, isHallucination }, preset)?.severity;
  const bounds = [
    ...([["healthcare", 0.95, 0.93] as const, ["financial", 0.9, 0.85] as const] as const),
    ...([["legal", 0.92, 0.89] as const, ["general", 0.8, 0.7] as const] as const),
    ["default", 0.9, 0.85] as const,
  ];
  for (const [preset, accuracy, tolerated] of bounds) {
    expect(severityOf(preset, accuracy)).toBeUndefined();
    expect(severityOf(preset, accuracy - 0.0001)).toBe("warning");
    expect(severityOf(preset, tolerated)).toBe("warning");
    expect(severityOf(preset, tolerated - 0.0001)).toBe("failure");
    expect(severityOf(preset, 1, true)).toBe("failure");
  }
});

test("six ungrounded terms, grounding below a half and NLI below 0.3 are hallucinations each", () => {
  const isHallucination = (parts: Parameters<typeof measureGroundedConfidence>[0]) =>
    measureGroundedConfidence({ semantic: 1, entailment: sure, grounding: grounded, ...parts })
      ?.isHallucination;
  expect(isHallucination({})).toBe(false);
  expect(isHallucination({ grounding: { share: 0.5, ungroundedTerms: 5 } })).toBe(false);
  expect(isHallucination({ grounding: { share: 0.5, ungroundedTerms: 6 } })).toBe(true);
  expect(isHallucination({ grounding: { share: 0.4999, ungroundedTerms: 0 } })).toBe(true);
  expect(isHallucination({ entailment: { label: "entailment", probability: 0.29 } })).toBe(true);
});

test("confidence is from 0 to 1 whatever is measured", () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  const parts = fc.record(
    {
      semantic: fc.double({ min: -1, max: 1, noNaN: true }),
      entailment: fc.record({
        label: fc.constantFrom("entailment" as const, "neutral" as const, "contradiction" as const),
        probability: share,
      }),
      grounding: fc.record({ share, ungroundedTerms: fc.nat() }),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(parts, (given) => {
      const measured = measureGroundedConfidence(given);
      if (measured) expect(measured.confidence).toBeWithin(0, 1.0001);
      else expect(given).toEqual({});
    }),
  );
});

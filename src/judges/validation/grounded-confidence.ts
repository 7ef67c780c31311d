/** Confidence in an answer that rests on retrieved texts. */
import { roundScore, type Violation } from "../verdict.ts";

const weights = { semantic: 0.3, nli: 0.5, grounding: 0.2 } as const;
const leastMatch = 0.7;
const leastNli = 0.3;
const leastGrounding = 0.5;
const maxUngroundedTerms = 5;

export const complianceNames = ["healthcare", "financial", "legal", "general", "default"] as const;
export type CompliancePreset = (typeof complianceNames)[number];

/** By the field that an answer is used in: the confidence that is asked for, and how far below it only warns. */
export const compliancePresets: Readonly<
  Record<CompliancePreset, { readonly accuracy: number; readonly tolerance: number }>
> = {
  healthcare: { accuracy: 0.95, tolerance: 0.02 },
  financial: { accuracy: 0.9, tolerance: 0.05 },
  legal: { accuracy: 0.92, tolerance: 0.03 },
  general: { accuracy: 0.8, tolerance: 0.1 },
  default: { accuracy: 0.9, tolerance: 0.05 },
};

/** A part that is absent is not measured, and its weight goes to the others. All from 0 to 1. */
export type GroundedParts = {
  /** Cosine of the embeddings of answer and context. */
  readonly semantic?: number;
  readonly entailment?: {
    readonly label: "entailment" | "neutral" | "contradiction";
    /** Of the label. */
    readonly probability: number;
  };
  readonly grounding?: {
    /** Share of the answer's words that the context has. */
    readonly share: number;
    readonly ungroundedTerms: number;
  };
};

export type GroundedConfidence = {
  readonly confidence: number;
  readonly isMatch: boolean;
  readonly isHallucination: boolean;
  /** Absent without an entailment. */
  readonly nli?: number;
};

/** Entailment p, neutral 0.5, contradiction 1 - p. */
export function toNliScore({ label, probability }: NonNullable<GroundedParts["entailment"]>): number {
  if (label === "entailment") return probability;
  return label === "neutral" ? 0.5 : 1 - probability;
}

/**
 * 0.3 semantic + 0.5 NLI + 0.2 grounding, as 0.3·0.8 + 0.5·0.9 + 0.2·0.5 = 0.79; a hallucination by contradiction, NLI
 * below 0.3, grounding below 0.5 or more than 5 ungrounded terms. Undefined where nothing is measured.
 */
export function measureGroundedConfidence(parts: GroundedParts): GroundedConfidence | undefined {
  const { semantic, entailment, grounding } = parts;
  const nli = entailment && toNliScore(entailment);
  const measured = [
    [weights.semantic, semantic && Math.max(0, semantic)],
    [weights.nli, nli],
    [weights.grounding, grounding?.share],
  ] as const;
  let sum = 0;
  let weight = 0;
  for (const [share, value] of measured) {
    if (value === undefined) continue;
    sum += share * value;
    weight += share;
  }
  if (weight === 0) return undefined;
  const confidence = Math.min(1, sum / weight);
  return {
    confidence,
    isMatch: roundScore(confidence) >= leastMatch,
    isHallucination:
      entailment?.label === "contradiction" ||
      (nli !== undefined && roundScore(nli) < leastNli) ||
      (grounding !== undefined &&
        (roundScore(grounding.share) < leastGrounding || grounding.ungroundedTerms > maxUngroundedTerms)),
    ...(nli !== undefined && { nli }),
  };
}

type Grounded = Pick<GroundedConfidence, "confidence" | "isHallucination">;

/** Whether an answer is sure enough for the field that it is used in, and no hallucination. */
export function isCompliant({ confidence, isHallucination }: Grounded, preset: CompliancePreset): boolean {
  return !isHallucination && roundScore(confidence) >= compliancePresets[preset].accuracy;
}

/** What keeps an answer from being compliant: a warning within the tolerance, beyond it and for hallucinations a failure. */
export function findComplianceViolation(grounded: Grounded, preset: CompliancePreset): Violation | undefined {
  if (isCompliant(grounded, preset)) return undefined;
  const { accuracy, tolerance } = compliancePresets[preset];
  const observed = roundScore(grounded.confidence);
  const isNear = !grounded.isHallucination && observed >= roundScore(accuracy - tolerance);
  const fault = grounded.isHallucination ? "says what the evidence does not" : `is below ${accuracy}`;
  return {
    rule: "compliance",
    severity: isNear ? "warning" : "failure",
    ...{ observed, limit: accuracy },
    message: `not compliant for ${preset} use: the answer, of grounded confidence ${observed}, ${fault}`,
  };
}

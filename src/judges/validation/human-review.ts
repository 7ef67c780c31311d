import { AppError } from "../../base/index.ts";
import { roundScore } from "../verdict.ts";

/** Weights of what a person looks at in an answer (definitions 1.8). */
const weights = {
  correctness: 0.3,
  quality: 0.25,
  completeness: 0.2,
  context: 0.15,
  explanation: 0.1,
} as const;
const worst = 1;
const best = 5;

export const reviewCategories = ["simple", "intermediate", "complex", "documentation", "debugging"] as const;
export type ReviewAspect = keyof typeof weights;
/** Each from 1, worst, to 5, best. */
export type HumanReview = Readonly<Record<ReviewAspect, number>>;
export type ReviewBand = "excellent" | "good" | "adequate" | "poor" | "failing";

/** The weighted mean, from 1 to 5, and its band. Throws AppError invalid_request naming the aspect out of range. */
export function scoreHumanReview(review: HumanReview): { readonly score: number; readonly band: ReviewBand } {
  let score = 0;
  for (const [aspect, weight] of Object.entries(weights) as readonly [ReviewAspect, number][]) {
    const points = review[aspect];
    if (!(points >= worst && points <= best)) {
      const message = `${aspect}: expected a number from ${worst} to ${best}, not ${points}`;
      throw new AppError("invalid_request", message);
    }
    score += weight * points;
  }
  const rounded = roundScore(score);
  return { score: rounded, band: toBand(rounded) };
}

function toBand(score: number): ReviewBand {
  if (score >= 4.5) return "excellent";
  if (score >= 3.5) return "good";
  if (score >= 2.5) return "adequate";
  return score >= 1.5 ? "poor" : "failing";
}

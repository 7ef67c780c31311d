import type { JsonValue } from "../../contract/index.ts";
import type { Unscored, Verdict, Violation } from "../verdict.ts";

/** An answer and what it is judged by. */
export type JudgedText = {
  /** What the model was asked; blank where nobody knows. */
  readonly prompt: string;
  readonly response: string;
  /** Texts the answer should rest on. */
  readonly context?: readonly string[];
  /** An answer known to be right. */
  readonly reference?: string;
  readonly toolCalls?: readonly { readonly name: string; readonly arguments: JsonValue }[];
};

/** What one judge says. */
export type Opinion = {
  /** A plugin's name, or `rubric`. */
  readonly judge: string;
  readonly verdict: Verdict;
  /** From 0 to 1; absent where it gave none. */
  readonly score?: number;
  /** In the score of the whole; 0: told, not counted. */
  readonly weight: number;
  readonly threshold?: number;
  readonly reasons: readonly string[];
  readonly metrics: Readonly<Record<string, number>>;
};

/** What was measured of an answer, beside its verdict. */
export type ValidationMetrics = {
  readonly durationMs: number;
  readonly retryCount: number;
  /** Unicode code points. */
  readonly responseLength: number;
  readonly coherenceScore?: number;
  readonly relevanceScore?: number;
  readonly successRate?: number;
  readonly customMetrics: Readonly<Record<string, number>>;
};

export type FactualAccuracy = "supported" | "contradicted" | "unscored";

export type Judgement = {
  /** The worst severity of the violations; `abstain` where nothing could be judged. */
  readonly verdict: Verdict;
  /** The worst violation first. */
  readonly message: string;
  /** Weighted mean of the judges that scored, from 0 to 1. */
  readonly score?: number;
  readonly violations: readonly Violation[];
  readonly unscored: readonly Unscored[];
  readonly suggestions: readonly string[];
  readonly opinions: readonly Opinion[];
  /** Absent where nobody asked for it. */
  readonly factualAccuracy?: FactualAccuracy;
  readonly metrics: ValidationMetrics;
  readonly warnings: readonly string[];
};

import type { FinishReason } from "../../contract/index.ts";
import type { Unscored, Verdict, Violation } from "../verdict.ts";
import type { CalledTool } from "./suite.ts";

/** What came of one answer. It is stored as it comes, and all reports are made of these. */
export type Outcome = {
  /** Name of the case. */
  readonly case: string;
  /** From 0. */
  readonly repetition: number;
  readonly verdict: Verdict;
  /** Leads with the worst. */
  readonly message: string;
  /** Mean of what was scored: judges, expectations, calls of tools. */
  readonly score?: number;
  readonly answer: string;
  readonly calls: readonly CalledTool[];
  readonly finishReason?: FinishReason;
  readonly violations: readonly Violation[];
  readonly unscored: readonly Unscored[];
  readonly suggestions: readonly string[];
  readonly warnings: readonly string[];
  /** Scores by the judge that gave them. */
  readonly judges: Readonly<Record<string, number>>;
  /** Why there is no answer. */
  readonly error?: OutcomeError;
  /** Of the answer, without judging it. */
  readonly durationMs: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
};

export type OutcomeError = { readonly code: string; readonly message: string };

/** Which answers of a suite these are, so that none is made twice. */
export function outcomeKey({ case: name, repetition }: Pick<Outcome, "case" | "repetition">): string {
  return `${repetition}/${name}`;
}

/** Warnings let an answer pass: a suite's bar says how many it may have. */
export function hasPassed({ verdict }: Pick<Outcome, "verdict">): boolean {
  return verdict === "pass" || verdict === "warn";
}

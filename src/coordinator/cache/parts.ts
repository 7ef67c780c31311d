import type { CacheReceipt, GenerateRequest } from "../../contract/index.ts";
import type { Database } from "../../store/index.ts";
import type { CoordinatorDeps } from "../deps.ts";
import type { EntryRules } from "./entry-store.ts";
import type { Guard } from "./guard.ts";
import type { Journal } from "./journal.ts";
import type { LearntThresholds } from "./learnt-thresholds.ts";
import type { MeaningIndex } from "./meaning-index.ts";
import type { Question } from "./question.ts";
import type { SideWork } from "./side-work.ts";
import type { StoredAnswer } from "./stored-answer.ts";

/** What the parts of the cache work with. */
export type CacheParts = {
  readonly deps: CoordinatorDeps;
  database(): Promise<Database>;
  readonly rules: EntryRules;
  readonly guard: Guard;
  readonly index: MeaningIndex;
  readonly thresholds: LearntThresholds;
  readonly journal: Journal;
  /** Storing and measuring. */
  readonly work: SideWork;
  /** Answers that are made again to be compared. */
  readonly again: SideWork;
  /** Grows with each purge: what was asked before one is not stored after it. */
  readonly purges: { count: number };
};

/** A request that is looked up. */
export type Asked = {
  readonly request: GenerateRequest;
  readonly mode: "exact" | "semantic" | "shadow";
  readonly question: Question;
  readonly questionHash: string;
  readonly fingerprint: string;
  /** Canonical where the model is here. */
  readonly model: string;
  readonly isLocal: boolean;
  /** Purges until then. */
  readonly purges: number;
  /** The model whose vectors compare questions; absent: none is to. */
  readonly space?: string;
};

/** The question as a vector, and its signs. */
export type Meaning = { readonly vector: Float32Array; readonly bits: Uint32Array };

/** A stored answer that the fresh one is to be compared with. */
export type Comparison = {
  readonly entry: string;
  readonly question: string;
  readonly answer: StoredAnswer;
  readonly similarity: number;
  readonly ageSeconds: number;
  /** `exact`, or the model whose vectors found it. */
  readonly space: string;
  /** `near`: it was not alike enough to be served, and the guard has not seen it. */
  readonly source: "shadow" | "near";
};

export type Miss = {
  readonly receipt: CacheReceipt;
  readonly meaning?: Meaning;
  readonly comparison?: Comparison;
};

/** Stands in the place of a model's name where the same question was asked. */
export const exactSpace = "exact";

/** A clock that went backwards makes nothing younger than new. */
export function ageInSeconds(createdAtMs: number, nowMs: number): number {
  return Math.max(0, (nowMs - createdAtMs) / 1_000);
}

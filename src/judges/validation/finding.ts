import type { Unscored, Violation } from "../verdict.ts";
import type { FactualAccuracy, Opinion } from "./judgement.ts";

/** What one part of judging an answer found. */
export type Finding = {
  readonly opinion?: Opinion;
  readonly violations?: readonly Violation[];
  readonly unscored?: readonly Unscored[];
  readonly factualAccuracy?: FactualAccuracy;
  /** By their names on the wire. */
  readonly metrics?: Readonly<Record<string, number>>;
  readonly warnings?: readonly string[];
};

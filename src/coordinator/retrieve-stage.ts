import type { ContextReceipt, GenerateRequest } from "../contract/index.ts";
import type { Knowledge } from "../knowledge/index.ts";
import type { CoordinatorSettings } from "./settings.ts";

/** A request with what was found for it. */
export type Informed = {
  readonly request: GenerateRequest;
  readonly context?: ContextReceipt;
  /** From 0 to 1. */
  readonly contextScore?: number;
};

type RetrieveDeps = {
  knowledge(): Promise<Knowledge>;
  readonly settings: Pick<CoordinatorSettings, "collections">;
};

/** Puts what the collections hold on the question before it. */
export async function retrieveStage(
  _deps: RetrieveDeps,
  request: GenerateRequest,
  _signal: AbortSignal,
): Promise<Informed> {
  return { request };
}

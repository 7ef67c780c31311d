import type { JsonObject, Receipt, RouteAttempt } from "../../contract/index.ts";
import type { GenerationRecord } from "../recorder.ts";

/** An answer's receipt as it is stored and as clients read it. Of what was asked and answered it holds no word. */
export type RouteBody = {
  readonly asked: string;
  readonly answered_by: string;
  readonly kind: "local" | "remote" | "cache";
  readonly rule: string;
  readonly reason: string;
  readonly outcome: GenerationRecord["outcome"];
  readonly error_code?: string;
  readonly confidence?: number;
  readonly bar?: number;
  readonly policy?: string;
  /** What the policy was given and what it said. */
  readonly decision?: { readonly input: JsonObject; readonly output: JsonObject };
  readonly attempts: readonly JsonObject[];
  readonly cache: JsonObject;
  readonly context?: JsonObject;
  readonly prompt_tokens?: number;
  readonly completion_tokens?: number;
  readonly duration_ms: number;
};

/** Of texts that one answer was given. */
const maxCitations = 64;

export function toRouteBody(record: GenerationRecord, receipt: Receipt): RouteBody {
  const { outcome, errorCode, usage, e2eMs } = record;
  const { asked, kind, rule, reason, attempts, confidence, bar, policy, decision } = receipt.route;
  return {
    ...{ asked, answered_by: receipt.answeredBy, kind, rule, reason, outcome },
    ...(errorCode !== undefined && { error_code: errorCode }),
    ...(confidence !== undefined && { confidence: round(confidence) }),
    ...(bar !== undefined && { bar: round(bar) }),
    ...(policy !== undefined && { policy }),
    ...(decision && { decision }),
    attempts: attempts.map(toAttempt),
    cache: toCache(receipt),
    ...(receipt.context && { context: toContext(receipt.context) }),
    ...(usage && { prompt_tokens: usage.promptTokens, completion_tokens: usage.completionTokens }),
    duration_ms: round(e2eMs),
  };
}

function toAttempt({ model, outcome, reason, durationMs }: RouteAttempt): JsonObject {
  return {
    ...{ model, outcome },
    ...(reason !== undefined && { reason }),
    ...(durationMs !== undefined && { duration_ms: round(durationMs) }),
  };
}

function toCache({ cache: { outcome, reason, entry, similarity, ageSeconds } }: Receipt): JsonObject {
  return {
    outcome,
    ...(reason !== undefined && { reason }),
    ...(entry !== undefined && { entry }),
    ...(similarity !== undefined && { similarity: round(similarity) }),
    ...(ageSeconds !== undefined && { age_seconds: round(ageSeconds) }),
  };
}

/** Where the texts stand, and not what they say. */
function toContext({ collections, mode, reason, citations }: NonNullable<Receipt["context"]>): JsonObject {
  return {
    ...{ collections, mode },
    ...(reason !== undefined && { reason }),
    citations: citations
      .slice(0, maxCitations)
      .map(({ index, collection, chunkId, source, fileId, filename, startLine, endLine, score }) => ({
        ...{ index, collection, chunk_id: chunkId, source },
        ...(fileId !== undefined && { file_id: fileId }),
        ...(filename !== undefined && { filename }),
        ...{ start_line: startLine, end_line: endLine, score: round(score) },
      })),
  };
}

const digits = 4;

function round(value: number): number {
  return Number(value.toFixed(digits));
}

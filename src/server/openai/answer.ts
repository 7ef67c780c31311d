import type { ModelEntry } from "../../engine/index.ts";
import type { StreamCodec } from "../answer.ts";
import type { RouteDeps } from "../route.ts";
import { sseFormat } from "../stream.ts";
import { toErrorBody } from "./errors.ts";

export const streamEnd = "data: [DONE]\n\n";

/** What identifies an answer, the same on every chunk of it. */
export function describeAnswer(deps: RouteDeps, entry: ModelEntry, id: string) {
  const { architecture, parameters, quantisation } = entry.summary;
  const seen = [deps.version, entry.id, entry.createdAtSeconds, architecture, parameters, quantisation];
  return {
    id,
    model: entry.id,
    createdSeconds: Math.floor(Date.now() / 1000),
    fingerprint: `fp_${Bun.hash(seen.join("|")).toString(16).padStart(16, "0").slice(0, 12)}`,
  };
}

/** The frames of a stream as OpenAI's clients read them. */
export function toStreamCodec<T>(encode: (event: T) => string): StreamCodec<T> {
  return {
    format: sseFormat,
    encode,
    encodeError: (error) => `data: ${JSON.stringify(toErrorBody(error))}\n\n${streamEnd}`,
  };
}

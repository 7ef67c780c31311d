import { pairwiseCosines } from "./cosine.ts";
import type { Embedder } from "./embedder.ts";
import { relevancePairs } from "./relevance-pairs.ts";

/** Mean cosines of prompts with others' answers and with their own: what counts as relevance 0 and 1. */
export type RelevanceScale =
  | { readonly usable: true; readonly unmatched: number; readonly matched: number }
  | { readonly usable: false; readonly reason: string };

const scales = new WeakMap<Embedder, Promise<RelevanceScale>>();

/** Measured over bundled pairs of prompts and answers, once for each embedder. Throws what the embedder throws. */
export async function relevanceScale(embedder: Embedder, signal: AbortSignal): Promise<RelevanceScale> {
  signal.throwIfAborted();
  const known = scales.get(embedder);
  if (known) return await known;
  // Others wait for it too, so that it does not end with whoever asked first.
  const measuring = measureScale(embedder, new AbortController().signal);
  scales.set(embedder, measuring);
  measuring.catch(() => scales.delete(embedder));
  return await measuring;
}

async function measureScale(embedder: Embedder, signal: AbortSignal): Promise<RelevanceScale> {
  return measure(embedder.name, await embedder.embed(relevancePairs.flat(), signal));
}

/** `vectors` alternate between a prompt and its answer. */
function measure(name: string, vectors: readonly Float32Array[]): RelevanceScale {
  const count = vectors.length;
  const cosines = pairwiseCosines(vectors);
  let matched = 0;
  let unmatched = 0;
  let index = 0;
  for (let first = 0; first < count; first++)
    for (let second = first + 1; second < count; second++) {
      const value = cosines[index++] ?? 0;
      if (first % 2 === second % 2) continue;
      if (first % 2 === 0 && second === first + 1) matched += value;
      else unmatched += value;
    }
  const pairs = count / 2;
  const scale = { unmatched: unmatched / (pairs * (pairs - 1)), matched: matched / pairs };
  if (scale.matched > scale.unmatched) return { usable: true, ...scale };
  return {
    usable: false,
    reason: `${name} finds prompts no more like their own answers (${scale.matched.toFixed(3)}) than like others' (${scale.unmatched.toFixed(3)})`,
  };
}

import { embedTexts, likenessOf, lookupSignal } from "./embed-texts.ts";
import { type Entry, findById } from "./entry-store.ts";
import { readVectors } from "./meaning-index.ts";
import { type Asked, ageInSeconds, type CacheParts, type Meaning } from "./parts.ts";
import { leastSimilarity, packSigns } from "./sign-bits.ts";
import { reaches } from "./threshold.ts";

/** Entries whose cosine is measured: the likest by their signs. */
const measured = 16;
/** Entries that the guard is asked about at most. */
const maxTried = 3;

export type Similar = { readonly entry: Entry; readonly similarity: number };

export type SimilarSearch = {
  /** What may be served. */
  readonly served?: Similar;
  /** The likest entry that is not alike enough. */
  readonly near?: Similar;
  /** Why nothing may be served, where something was alike. */
  readonly reason?: string;
};

/** Turns the question into a vector. Throws what the embedding model throws, and where it takes too long. */
export async function embedQuestion(
  { deps }: Pick<CacheParts, "deps">,
  { request, question, isLocal }: Asked,
  embeddingModel: string,
  signal: AbortSignal,
): Promise<Meaning | undefined> {
  const [vector] = await embedTexts(deps, embeddingModel, [question.text], {
    tenant: request.tenant,
    privacy: isLocal ? "local" : undefined,
    signal: lookupSignal(signal),
  });
  return vector && { vector, bits: packSigns(vector) };
}

/** The likest stored question that the threshold, the entry's own floor and the guard let pass. */
export async function findSimilar(
  parts: CacheParts,
  { fingerprint, question, request, isLocal }: Asked,
  { vector, bits }: Meaning,
  { space, signal }: { readonly space: string; readonly signal: AbortSignal },
): Promise<SimilarSearch> {
  const { database, index, guard, rules, thresholds, journal } = parts;
  const ids = await index.nearest(fingerprint, bits, measured);
  if (ids.length === 0) return {};
  const opened = await database();
  const threshold = await thresholds.read({ space, tenant: request.tenant });
  const likest = rank(vector, await readVectors(opened, ids)).slice(0, maxTried);
  let reason: string | undefined;
  for (const { id, similarity } of likest) {
    const found = await findById(opened, id, rules);
    if (found?.state !== "fresh") {
      journal.note({ type: "stale", removed: { id, fingerprint } });
      continue;
    }
    const { entry } = found;
    if (!reaches(similarity, threshold.value)) {
      reason ??=
        threshold.basis === "closed"
          ? "too many answers of similar questions were wrong"
          : `the likest question is alike by ${similarity.toFixed(4)}, and ${threshold.value} is asked for`;
      return { near: { entry, similarity }, reason };
    }
    const ruling = reaches(similarity, entry.floor + 0.0001)
      ? await guard.serve(
          {
            ...{ query: question.text, cachedQuery: entry.question, similarity },
            ageSeconds: ageInSeconds(entry.createdAtMs, rules.now()),
          },
          { signal, isLocal },
        )
      : { ok: false as const, reason: "its answer was wrong for a question so alike" };
    if (ruling.ok) return { served: { entry, similarity } };
    journal.count("serve_refused");
    reason ??= ruling.reason;
  }
  return reason === undefined ? {} : { reason };
}

function rank(
  vector: Float32Array,
  vectors: ReadonlyMap<number, Float32Array>,
): readonly { readonly id: number; readonly similarity: number }[] {
  return Array.from(vectors, ([id, other]) => ({ id, similarity: likenessOf(vector, other) }))
    .filter(({ similarity }) => reaches(similarity, leastSimilarity))
    .sort((left, right) => right.similarity - left.similarity);
}

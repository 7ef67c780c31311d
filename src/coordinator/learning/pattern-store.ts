import { AppError, cutText, hashText } from "../../base/index.ts";
import type { JsonObject } from "../../contract/index.ts";
import type { Embedder } from "../../judges/index.ts";
import type { Knowledge } from "../../knowledge/index.ts";
import type { Pattern } from "./extract-pattern.ts";
import { measureLikeness } from "./history.ts";
import type { Interaction } from "./interaction.ts";
import { createPatternRoom, patternCollection, toPatternSource } from "./pattern-room.ts";

/** From this likeness on two descriptions are of one pattern. */
const samePattern = 0.9;
/** Share of the old value that a pattern keeps where it takes another in. */
const keptValue = 0.8;
/** Examples of one pattern; the oldest go. */
export const maxExamples = 20;
const maxExampleCharacters = 200;
/** Patterns that a new one is compared with. */
const maxCompared = 5;

export type Placed = { readonly id: string; readonly result: "added" | "merged" };

type PatternStoreOptions = {
  knowledge(): Promise<Knowledge>;
  readonly words: Embedder;
  readonly now: () => number;
};

export type PatternStore = ReturnType<typeof createPatternStore>;

/** Patterns as documents of `skills-patterns`. Those of one tenant are not merged with those of another. */
export function createPatternStore({ knowledge, words, now }: PatternStoreOptions) {
  const room = createPatternRoom(knowledge);

  async function findSame(text: string, tenant: string, signal: AbortSignal) {
    const { search, collections } = await knowledge();
    const query = { collections: [patternCollection], text, maxResults: maxCompared };
    const found = await search({ ...query, filter: { tenant }, tenant }, signal);
    const { embeddingModel, dimension } = await collections.get(patternCollection);
    if (found.mode === "words" && embeddingModel !== undefined && dimension !== undefined) {
      const why = found.reason ?? "it gave no vectors";
      throw new AppError("inference_error", `patterns could not be compared by ${embeddingModel}: ${why}`);
    }
    const likenesses = await measureLikeness(text, found, words, signal);
    return found.hits.find((_, index) => (likenesses[index] ?? 0) >= samePattern);
  }
  return {
    /** Adds the pattern, or lets the one that says the same take it in. Rejects where nothing could be stored. */
    async place(pattern: Pattern, interaction: Interaction, signal: AbortSignal): Promise<Placed> {
      const text = pattern.generalizablePattern;
      const { documents } = await knowledge();
      const same = await findSame(text, interaction.tenant, signal);
      const example = cutText(interaction.query ?? "", maxExampleCharacters);
      if (same) {
        const merged = merge(same.attributes, { example, value: interaction.value, now: now() });
        await room.use(same.source);
        await documents.setAttributes(patternCollection, same.documentId, merged);
        return { id: same.documentId, result: "merged" };
      }
      const source = toPatternSource(interaction.id);
      await room.use(source);
      const [added] = await documents.add(
        patternCollection,
        [
          {
            ...{ source, contentHash: hashText(text) },
            chunks: [{ text, startLine: 1, endLine: text.split("\n").length }],
            attributes: toAttributes(pattern, interaction, { example, now: now() }),
          },
        ],
        signal,
      );
      if (!added) throw new AppError("server_error", "the pattern was not stored");
      return { id: added.id, result: "added" };
    },
  };
}

/** value ← 0.8 · old + 0.2 · new; 0.7 and 0.9 give 0.74. */
export function merge(
  attributes: JsonObject,
  { example, value, now }: { readonly example: string; readonly value: number; readonly now: number },
): JsonObject {
  const { value_score: old, success_examples: listed } = attributes;
  const examples = Array.isArray(listed) ? listed : [];
  const merged = typeof old === "number" ? keptValue * old + (1 - keptValue) * value : value;
  return {
    value_score: Math.round(merged * 10_000) / 10_000,
    success_examples: [...examples, example].slice(-maxExamples),
    last_updated: now,
  };
}

function toAttributes(
  pattern: Pattern,
  { tenant, consent, value, id }: Interaction,
  { example, now }: { readonly example: string; readonly now: number },
): JsonObject {
  return {
    ...{ skill_name: pattern.problemType, description: pattern.generalizablePattern },
    ...{ usage_pattern: pattern.solutionApproach, success_examples: [example], failure_examples: [] },
    ...{ prerequisites: [], related_skills: pattern.skillsUsed, value_score: value, last_updated: now },
    ...{ created_at: now, consent, tenant, made_of: id },
  };
}

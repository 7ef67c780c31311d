import { z } from "zod";
import { complianceNames } from "./grounded-confidence.ts";
import { presetNames } from "./presets.ts";

/** Each is one pass over the answer. */
export const maxKeywords = 256;
const maxKeywordCharacters = 1_000;
export const maxJudges = 32;
const maxNameCharacters = 200;
const maxWeight = 1_000;

const share = z.number().min(0).max(1);
const length = z.int().min(0);
const name = z.string().min(1).max(maxNameCharacters);
const keywords = z.array(z.string().min(1).max(maxKeywordCharacters)).max(maxKeywords);
const weight = z.number().min(0).max(maxWeight).default(1);

/** A judge may be given by its name alone. */
const judge = z.preprocess(
  (value) => (typeof value === "string" ? { plugin: value } : value),
  z.strictObject({
    plugin: name,
    weight,
    threshold: share.exactOptional(),
    criteria: z.record(z.string(), z.json()).exactOptional(),
  }),
);

const rubric = z.strictObject({
  criteria: z.array(z.string()).exactOptional(),
  min_score: share.exactOptional(),
  weight,
});

/** What an answer is held to and who judges it, as users write them. */
export const criteriaSchema = z.strictObject({
  preset: z.enum(presetNames).default("default"),
  min_response_length: length.exactOptional(),
  max_response_length: length.exactOptional(),
  required_keywords: keywords.exactOptional(),
  forbidden_keywords: keywords.exactOptional(),
  min_coherence_score: share.exactOptional(),
  min_relevance_score: share.exactOptional(),
  require_factual_accuracy: z.boolean().exactOptional(),
  compliance: z.enum(complianceNames).exactOptional(),
  custom_validators: z.array(name).max(maxJudges).default([]),
  judges: z.array(judge).max(maxJudges).default([]),
  judge_model: name.exactOptional(),
  rubric: rubric.exactOptional(),
});

export type CriteriaFields = z.output<typeof criteriaSchema>;
export const criteriaNames: readonly string[] = Object.keys(criteriaSchema.shape);

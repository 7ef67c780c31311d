import type { z } from "zod";
import { AppError, shortenText } from "../../base/index.ts";
import type { JsonObject } from "../../contract/index.ts";
import { sayIssue } from "../say-issue.ts";
import { type CriteriaFields, criteriaNames, criteriaSchema } from "./criteria-schema.ts";
import type { CompliancePreset } from "./grounded-confidence.ts";
import { type Preset, presets } from "./presets.ts";
import { checkRubric } from "./rubric/rate-answer.ts";

/** A plugin that judges beside the built-in ones, or a built-in one with settings of its own. */
export type JudgeChoice = {
  readonly plugin: string;
  /** Of its score in the score of the whole. */
  readonly weight: number;
  /** A score below it, after rounding to 4 decimals, is a failure. */
  readonly threshold?: number;
  /** Beside the criteria of the whole, before which they go. */
  readonly criteria: JsonObject;
};

export type Rubric = {
  /** Whether somebody wrote it; a judge model rates by the usual one too. */
  readonly isAsked: boolean;
  /** Absent: accuracy, relevance, completeness and clarity. */
  readonly criteria?: readonly string[];
  readonly minScore?: number;
  readonly weight: number;
};

/** What an answer is held to, with everything settled that was left to defaults. */
export type Criteria = Preset & {
  /** Names of plugins; each runs once. */
  readonly customValidators: readonly string[];
  readonly judges: readonly JudgeChoice[];
  readonly judgeModel?: string;
  /** The field that the answer is used in; factual accuracy is required then. */
  readonly compliance?: CompliancePreset;
  readonly rubric: Rubric;
  /** Which built-in judges look at an answer though `judges` does not name them. */
  readonly looksAt: { readonly text: boolean; readonly coherence: boolean; readonly relevance: boolean };
};

const maxShownCharacters = 100;

/** Criteria as users write them. Throws AppError invalid_request that names the field and what was given. */
export function parseCriteria(value: unknown, path = "criteria"): Criteria {
  const parsed = criteriaSchema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw issue ? refuseIssue(issue, value, path) : refuse(path, "not criteria");
  }
  const fields = parsed.data;
  const { judge_model: judgeModel, rubric, compliance } = fields;
  if (rubric?.criteria) checkRubric(rubric.criteria, `${path}.rubric.criteria`);
  return {
    ...toRules(fields, path),
    customValidators: [...new Set(fields.custom_validators)],
    judges: toJudges(fields, path),
    ...(judgeModel !== undefined && { judgeModel }),
    ...(compliance && { compliance }),
    rubric: {
      isAsked: rubric !== undefined,
      weight: rubric?.weight ?? 1,
      ...(rubric?.criteria && { criteria: rubric.criteria }),
      ...(rubric?.min_score !== undefined && { minScore: rubric.min_score }),
    },
    looksAt: toLooksAt(fields),
  };
}

/** The rules as judges read them: snake_case, and only those that are in force. */
export function toRulesBody(criteria: Preset): JsonObject {
  return {
    min_response_length: criteria.minResponseLength,
    max_response_length: criteria.maxResponseLength,
    required_keywords: criteria.requiredKeywords,
    forbidden_keywords: criteria.forbiddenKeywords,
    min_coherence_score: criteria.minCoherenceScore,
    min_relevance_score: criteria.minRelevanceScore,
    require_factual_accuracy: criteria.requireFactualAccuracy,
  };
}

function toRules(fields: CriteriaFields, path: string): Preset {
  const preset = presets[fields.preset];
  return {
    ...settleLengths(fields, preset, path),
    requiredKeywords: fields.required_keywords ?? preset.requiredKeywords,
    forbiddenKeywords: fields.forbidden_keywords ?? preset.forbiddenKeywords,
    minCoherenceScore: fields.min_coherence_score ?? preset.minCoherenceScore,
    minRelevanceScore: fields.min_relevance_score ?? preset.minRelevanceScore,
    requireFactualAccuracy:
      fields.compliance !== undefined || (fields.require_factual_accuracy ?? preset.requireFactualAccuracy),
  };
}

/** A default gives way to what was asked for. */
function settleLengths(fields: CriteriaFields, preset: Preset, path: string) {
  const { min_response_length: least, max_response_length: most } = fields;
  if (least !== undefined && most !== undefined && least > most) {
    throw refuse(`${path}.min_response_length`, `${least} is above max_response_length, which is ${most}`);
  }
  return {
    minResponseLength: least ?? Math.min(preset.minResponseLength, most ?? Number.POSITIVE_INFINITY),
    maxResponseLength: most ?? Math.max(preset.maxResponseLength, least ?? 0),
  };
}

function toJudges({ judges }: CriteriaFields, path: string): readonly JudgeChoice[] {
  return judges.map(({ plugin, weight, threshold, criteria = {} }, index) => {
    if (judges.findIndex((other) => other.plugin === plugin) < index) {
      throw refuse(`${path}.judges[${index}].plugin`, `${show(plugin)} judges already; each judges once`);
    }
    return { plugin, weight, criteria, ...(threshold !== undefined && { threshold }) };
  });
}

/** Without a preset only what is asked for is looked at. */
function toLooksAt(fields: CriteriaFields): Criteria["looksAt"] {
  const isWhole = fields.preset !== "none";
  return {
    text:
      isWhole ||
      fields.min_response_length !== undefined ||
      fields.max_response_length !== undefined ||
      fields.required_keywords !== undefined ||
      fields.forbidden_keywords !== undefined,
    coherence: isWhole || fields.min_coherence_score !== undefined,
    relevance: isWhole || fields.min_relevance_score !== undefined,
  };
}

function refuse(param: string, fault: string): AppError {
  return new AppError("invalid_request", `${param}: ${fault}`, { details: { param } });
}

function refuseIssue(issue: z.core.$ZodIssue, value: unknown, root: string): AppError {
  const place = [...issue.path];
  if (issue.code === "unrecognized_keys") place.push(issue.keys[0] ?? "");
  const path = root + place.map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`)).join("");
  if (issue.code === "unrecognized_keys") {
    const known = place.length === 1 ? `; there are ${criteriaNames.join(", ")}` : "";
    return refuse(path, `there is no such field${known}`);
  }
  const given = place.reduce<unknown>(
    (inner, key) => (typeof inner === "object" && inner !== null ? Reflect.get(inner, key) : undefined),
    value,
  );
  return refuse(path, `${sayIssue(issue)}${given === undefined ? "" : `, not ${show(given)}`}`);
}

function show(value: unknown): string {
  const text = JSON.stringify(value);
  return shortenText(text, maxShownCharacters);
}

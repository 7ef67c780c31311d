import { z } from "@hono/zod-openapi";
import type { GenerateRequest, JsonObject, JsonValue, Judging, Retrieval } from "../contract/index.ts";
import type { JudgedEvent } from "./collect.ts";
import { maxCollections, maxNameCharacters, maxPromptCharacters, maxRetrieved, maxTags } from "./limits.ts";
import { withoutUndefined } from "./without-undefined.ts";

const maxJudges = 32;
const maxTexts = 256;

/** What Hearth takes beyond a protocol: judges, texts to answer from, stored answers, and where the answer may be made. */
export function hearthShape() {
  const name = z.string().min(1).max(maxNameCharacters);
  const text = z.string().max(maxPromptCharacters);
  return {
    hearth: z
      .strictObject({
        judges: z
          .array(
            z.union([name, z.looseObject({ plugin: name })], {
              error: "expected a judge's name, or {plugin, weight, threshold, criteria}",
            }),
          )
          .max(maxJudges)
          .optional()
          .describe("Names of judges, or {plugin, weight, threshold, criteria}"),
        criteria: z.looseObject({}).optional().describe("As POST /v1/judge takes them"),
        context: z
          .union([text, z.array(text).max(maxTexts)], { error: "expected a text, or a list of texts" })
          .optional(),
        reference: text.optional(),
        trajectory: z.boolean().optional().describe("Adds how sure the model was of its tokens"),
        collections: z.array(name).max(maxCollections).optional().describe("Answer from what these hold"),
        filter: z.looseObject({}).optional().describe("Attributes that the texts must have"),
        max_results: z.int32().min(1).max(maxRetrieved).optional(),
        min_score: z
          .number()
          .min(0)
          .max(1)
          .optional()
          .describe("Of a text that is used; 0.1 where nothing is said"),
        rerank_model: name.optional(),
        ...handlingShape(),
      })
      .optional()
      .describe("What judges say comes as choices[].hearth, sources as hearth.citations"),
  };
}

/** What any request may say of where and how it is answered. */
function handlingShape() {
  return {
    cache: z.enum(["off", "exact", "semantic", "shadow"]).optional(),
    privacy: z.enum(["local"]).optional().describe("Nothing of this request leaves the machine"),
    route: z.enum(["local", "remote"]).optional(),
    consent: z.boolean().optional().describe("Whether it may become training data"),
    tags: z.array(z.string().min(1).max(maxNameCharacters)).max(maxTags).optional(),
  };
}

/** The same of requests whose answers have no place for what judges say and for sources. */
export function plainHearthShape() {
  return { hearth: z.strictObject(handlingShape()).optional() };
}

/** Of requests for vectors. */
export function privacyShape() {
  const { privacy } = handlingShape();
  return { hearth: z.strictObject({ privacy }).optional() };
}

type HearthBody = z.output<z.ZodObject<ReturnType<typeof hearthShape>>>;
type HearthFields = NonNullable<HearthBody["hearth"]>;

/** What a request says of itself by these fields. */
export function fromHearthFields({ hearth }: HearthBody): Partial<GenerateRequest> {
  if (hearth === undefined) return {};
  const { cache: caching, privacy, route: routing, consent, tags } = hearth;
  const judging = fromJudgingFields(hearth);
  const retrieval = fromRetrievalFields(hearth);
  return withoutUndefined({ judging, retrieval, caching, privacy, routing, consent, tags });
}

/** Judges that are named without criteria judge alone; criteria without a list of judges are those of a whole answer. */
function fromJudgingFields(hearth: HearthFields): Judging | undefined {
  const { judges, criteria, context, reference, trajectory = false } = hearth;
  if (!judges && !criteria && !trajectory) return undefined;
  const listed = judges?.map((judge) => (typeof judge === "string" ? { plugin: judge } : judge));
  const rules = { ...(criteria ?? { preset: "none" }), ...(listed && { judges: listed }) } as JsonValue;
  return withoutUndefined({
    criteria: listed || criteria ? rules : undefined,
    context: typeof context === "string" ? [context] : context,
    ...{ reference, trajectory },
  });
}

function fromRetrievalFields(hearth: HearthFields): Retrieval | undefined {
  const { collections, filter, max_results, min_score, rerank_model } = hearth;
  if (collections === undefined) return undefined;
  return withoutUndefined({
    collections,
    filter: filter as JsonObject | undefined,
    maxResults: max_results,
    minScore: min_score,
    rerankModel: rerank_model,
  });
}

export function toHearthField({ judgement, trajectory }: JudgedEvent): JsonObject {
  return withoutUndefined({ judgement, trajectory }) as JsonObject;
}

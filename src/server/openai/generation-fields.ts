import { z } from "@hono/zod-openapi";
import type { GenerateRequest } from "../../contract/index.ts";
import type { RequestOrigin } from "../answer.ts";
import { maxChoices, maxModelIdCharacters, maxStopCharacters, maxStops, maxTopLogprobs } from "../limits.ts";
import { invalidParameter } from "../parameter-errors.ts";
import { fromResidencyFields, residencyShape } from "../residency-fields.ts";
import { withoutUndefined } from "../without-undefined.ts";
import { adapterShape, fromAdapterFields } from "./adapters.ts";
import { constraintShape, fromConstraintFields } from "./constraint.ts";
import { fromSamplingFields, samplingShape } from "./sampling.ts";

export function modelField() {
  return z
    .string()
    .min(1)
    .max(maxModelIdCharacters)
    .optional()
    .describe("May be left out where one model is served");
}

/** Fields that chat and text completions share. */
export function generationShape() {
  const stop = z.string().min(1).max(maxStopCharacters);
  return {
    model: modelField(),
    stream: z.boolean().optional(),
    stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).optional(),
    n: z.int32().min(1).max(maxChoices).optional(),
    stop: z.union([stop, z.array(stop).max(maxStops)]).optional(),
    n_predict: z.int32().min(-1).optional().describe("llama.cpp's max_tokens; -1 is no limit"),
    n_probs: z.int32().min(0).max(maxTopLogprobs).optional().describe("llama.cpp's top_logprobs"),
    cache_prompt: z.boolean().optional(),
    priority: z.enum(["interactive", "batch"]).optional(),
    service_tier: z
      .string()
      .optional()
      .describe("flex runs below interactive requests; other tiers mean nothing here"),
    timings_per_token: z.boolean().optional().describe("Adds timings to the end of the answer"),
    ...residencyShape(),
    ...adapterShape(),
    ...samplingShape(),
    ...constraintShape(),
  };
}

type GenerationBody = z.output<z.ZodObject<ReturnType<typeof generationShape>>>;

/** The part of a request that does not depend on the route. */
export function fromGenerationFields(body: GenerationBody, origin: RequestOrigin) {
  if (body.stream_options && body.stream !== true) {
    throw invalidParameter("stream_options", "stream_options is only allowed together with stream: true.");
  }
  const isFlex = body.service_tier === "flex";
  return withoutUndefined({
    id: origin.id,
    model: origin.model,
    tenant: origin.tenant,
    priority: body.priority ?? origin.priority ?? (isFlex ? ("batch" as const) : ("interactive" as const)),
    sampling: fromSamplingFields(body),
    constraint: fromConstraintFields(body),
    stop: typeof body.stop === "string" ? [body.stop] : (body.stop ?? []),
    choices: body.n ?? 1,
    cachePrompt: body.cache_prompt ?? true,
    entropy: false,
    ...fromResidencyFields(body),
    adapters: fromAdapterFields(body),
  }) satisfies Partial<GenerateRequest>;
}

/** llama.cpp's −1 is "no limit", which is what an absent limit means. */
export function fromPredictCount(count: number | undefined): number | undefined {
  return count === -1 ? undefined : count;
}

/** Names of fields that a body holds and that nothing here acts on. */
export function findIgnoredFields(
  body: Readonly<Record<string, unknown>>,
  shape: Readonly<Record<string, unknown>>,
): string[] {
  const ignored = Object.keys(body).filter((name) => !(name in shape));
  if (body.service_tier !== undefined && body.service_tier !== "flex") ignored.push("service_tier");
  for (const [parent, known] of [
    ["options", "num_ctx"],
    ["stream_options", "include_usage"],
  ] as const) {
    const value = body[parent];
    if (typeof value !== "object" || value === null) continue;
    ignored.push(
      ...Object.keys(value)
        .filter((name) => name !== known)
        .map((name) => `${parent}.${name}`),
    );
  }
  return ignored;
}

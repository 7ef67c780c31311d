import { z } from "@hono/zod-openapi";
import type { GenerateRequest, ReasoningOptions } from "../../contract/index.ts";
import type { ModelEntry } from "../../engine/index.ts";
import { type OllamaParameters, readOllamaParameters } from "../../models/index.ts";
import type { RequestOrigin } from "../answer.ts";
import { maxModelIdCharacters, maxTopLogprobs } from "../limits.ts";
import { invalidParameter } from "../parameter-errors.ts";
import { fromKeepAlive, keepAliveField } from "../residency-fields.ts";
import { withoutUndefined } from "../without-undefined.ts";
import { formatField, fromFormat } from "./format.ts";

export function modelField() {
  return z.string().min(1).max(maxModelIdCharacters).optional();
}

export function optionsField() {
  return z.looseObject({}).optional().describe("Ollama's parameters: temperature, num_ctx, num_predict, …");
}

/** Fields that `/api/chat` and `/api/generate` share. */
export function generationShape() {
  return {
    model: modelField().describe("May be left out where there is one model"),
    stream: z.boolean().optional().describe("On by default"),
    format: formatField(),
    options: optionsField(),
    keep_alive: keepAliveField(),
    think: z.union([z.boolean(), z.enum(["low", "medium", "high", "max"])]).optional(),
    logprobs: z.boolean().optional(),
    top_logprobs: z.int32().min(0).max(maxTopLogprobs).optional(),
    truncate: z.boolean().optional().describe("Too long a prompt is an error; it is never cut"),
    shift: z.boolean().optional().describe("A full context ends the answer; nothing is shifted out"),
  };
}

export type GenerationBody = z.output<z.ZodObject<ReturnType<typeof generationShape>>>;

/** The part of a request that does not depend on the route, and the names of what had no effect. */
export type GenerationFields = {
  readonly request: Omit<GenerateRequest, "input">;
  readonly ignored: readonly string[];
};

export function fromGenerationFields(
  body: GenerationBody,
  origin: RequestOrigin,
  shape: Readonly<Record<string, unknown>>,
): GenerationFields {
  const options = fromOptions(body.options);
  const { constraint, unenforced } = fromFormat(body.format);
  const topLogprobs = body.logprobs ? (body.top_logprobs ?? 0) : undefined;
  const request = {
    id: origin.id,
    model: origin.model,
    tenant: origin.tenant,
    priority: origin.priority ?? ("interactive" as const),
    sampling: options.sampling,
    stop: options.stop ?? [],
    choices: 1,
    entropy: false,
    promptLogprobs: false,
    cachePrompt: true,
    ...withoutUndefined({
      constraint,
      topLogprobs,
      maxTokens: options.maxTokens,
      contextTokens: options.contextTokens,
      keepAliveMs: fromKeepAlive(body.keep_alive),
    }),
  };
  const ignored = [...findUnknown(body, shape), ...findIgnored(body), ...listIgnored(options), ...unenforced];
  return { request, ignored };
}

/** Throws for a value that an option cannot have; the error names the option. */
export function fromOptions(options: Readonly<Record<string, unknown>> | undefined): OllamaParameters {
  try {
    return readOllamaParameters(options ?? {});
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw invalidParameter("options", `options.${message}`);
  }
}

/** Options that changed nothing: hints, unknown ones, and those that hold for the process of a model alone. */
export function listIgnored(options: OllamaParameters): string[] {
  const ofProcess = [
    ...(options.gpuLayers === undefined ? [] : ["num_gpu"]),
    ...(options.threads === undefined ? [] : ["num_thread"]),
  ];
  const names = new Set([...options.ignored, ...options.unknown, ...ofProcess]);
  return Array.from(names, (name) => `options.${name}`);
}

export function findUnknown(
  body: Readonly<Record<string, unknown>>,
  shape: Readonly<Record<string, unknown>>,
): string[] {
  return Object.keys(body).filter((name) => !Object.hasOwn(shape, name));
}

function findIgnored(body: GenerationBody): string[] {
  const ignored: string[] = [];
  if (body.truncate === true) ignored.push("truncate");
  if (body.shift === true) ignored.push("shift");
  if (body.logprobs !== true && (body.top_logprobs ?? 0) > 0) ignored.push("top_logprobs");
  return ignored;
}

/** Thinking that the model cannot do is refused, as Ollama refuses it; switched off, it is what happens anyway. */
export function fromThink(think: GenerationBody["think"], entry: ModelEntry): ReasoningOptions {
  const { capabilities } = entry.description ?? entry.summary;
  if (think === undefined) return { format: "split" };
  if (!capabilities.reasoning) {
    if (think === false) return { format: "split" };
    throw invalidParameter("think", `think: "${entry.id}" does not support thinking; leave it out.`);
  }
  return {
    format: "split",
    enabled: think !== false,
    ...(typeof think === "string" ? { effort: think } : {}),
  };
}

export function refuseImages(images: readonly unknown[] | undefined, param: string, entry: ModelEntry): void {
  if (!images || images.length === 0) return;
  throw invalidParameter(param, `${param}: the model "${entry.id}" takes no images, only text.`);
}

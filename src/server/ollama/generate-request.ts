import { z } from "@hono/zod-openapi";
import type { ChatInput, GenerateInput, Message } from "../../contract/index.ts";
import type { ModelEntry } from "../../engine/index.ts";
import type { RequestOrigin } from "../answer.ts";
import { fromHearthFields, plainHearthShape } from "../hearth-fields.ts";
import { lazy } from "../lazy.ts";
import { maxContextTokens, maxPromptCharacters } from "../limits.ts";
import { invalidParameter } from "../parameter-errors.ts";
import type { ReadRequest } from "./chat-request.ts";
import { fromGenerationFields, fromThink, generationShape, refuseImages } from "./generation-fields.ts";

export const generateBodySchema = lazy(() => {
  const text = () => z.string().max(maxPromptCharacters).optional();
  return z.looseObject({
    ...generationShape(),
    ...plainHearthShape(),
    prompt: text().describe("Without one the model is loaded, or unloaded"),
    suffix: text().describe("What comes after the answer: it fills the gap"),
    system: text().describe("In place of the model's own"),
    template: text().describe("In Go's template language, in place of the model's own"),
    raw: z.boolean().optional().describe("The prompt is evaluated as it is"),
    context: z
      .array(z.int32().min(0))
      .max(maxContextTokens)
      .optional()
      .describe("From an earlier answer: what was said before"),
    images: z.array(z.unknown()).optional(),
  });
});

export type GenerateBody = z.output<ReturnType<typeof generateBodySchema>>;

/** Whether the body asks for nothing but that the model be loaded or unloaded. */
export function hasNoPrompt(body: GenerateBody): boolean {
  return isEmpty(body.prompt) && isEmpty(body.suffix);
}

export function fromGenerateRequest(
  body: GenerateBody,
  entry: ModelEntry,
  origin: RequestOrigin,
): ReadRequest {
  refuseImages(body.images, "images", entry);
  refuseCombinations(body);
  const fields = fromGenerationFields(body, origin, generateBodySchema().shape);
  const input = fromPrompt(body, entry);
  return {
    request: { ...fields.request, ...fromHearthFields(body), input },
    ignored: [...fields.ignored, ...findUnused(body, input)],
  };
}

function refuseCombinations(body: GenerateBody): void {
  if (body.raw) {
    const param = hasTemplate(body) ? "template" : !isEmpty(body.system) ? "system" : "context";
    if (param === "context" && !hasContext(body)) return;
    throw invalidParameter(param, `${param}: with raw the prompt is evaluated as it is; leave ${param} out.`);
  }
  if (hasContext(body) && !isEmpty(body.suffix))
    throw invalidParameter("context", "context: cannot be combined with suffix.");
}

/** A model without a chat template continues the prompt, unless the request brings a template. */
function fromPrompt(body: GenerateBody, entry: ModelEntry): GenerateInput {
  const prompt = body.prompt ?? "";
  if (body.raw) return { type: "text", text: prompt };
  if (!isEmpty(body.suffix)) return { type: "infill", prefix: prompt, suffix: body.suffix ?? "" };
  const { capabilities } = entry.description ?? entry.summary;
  return capabilities.chat || hasTemplate(body) ? fromTurn(body, entry) : { type: "text", text: prompt };
}

function fromTurn(body: GenerateBody, entry: ModelEntry): ChatInput {
  const system: Message[] = isEmpty(body.system) ? [] : [{ role: "system", content: body.system ?? "" }];
  return {
    type: "chat",
    messages: [...system, { role: "user", content: body.prompt ?? "" }],
    tools: [],
    toolChoice: "none",
    parallelToolCalls: true,
    reasoning: fromThink(body.think, entry),
    templateVariables: {},
    continueFinalMessage: false,
    addGenerationPrompt: true,
  };
}

/** Fields that mean nothing for the kind of prompt that it became. */
function findUnused(body: GenerateBody, input: GenerateInput): string[] {
  if (input.type === "chat") return [];
  const unused: string[] = [];
  if (!isEmpty(body.system)) unused.push("system");
  if (body.think !== undefined) unused.push("think");
  if (body.raw && !isEmpty(body.suffix)) unused.push("suffix");
  return unused;
}

export function hasTemplate(body: GenerateBody): boolean {
  return !isEmpty(body.template);
}

export function hasContext(body: GenerateBody): boolean {
  return body.context !== undefined && body.context.length > 0;
}

function isEmpty(text: string | undefined): boolean {
  return text === undefined || text === "";
}

import { z } from "zod";
import { AppError } from "../../base/index.ts";

export const maxRouteExamples = 10_000;
const maxPromptCharacters = 100_000;

const confidence = z.number({ error: "expected a confidence from 0 to 1" }).min(0).max(1);
const yesOrNo = z.boolean({ error: "expected true or false" });

const exampleSchema = z.union([
  z.strictObject({ confidence, ok: yesOrNo }),
  z.strictObject({
    prompt: z.string().min(1).max(maxPromptCharacters),
    answer_ok: yesOrNo,
    confidence: confidence.exactOptional(),
  }),
]);

/** A question and whether the local model answers it right; without a confidence the model is asked for it. */
export type RouteExample =
  | { readonly ok: boolean; readonly confidence: number }
  | { readonly ok: boolean; readonly prompt: string };

/** Throws AppError invalid_request naming the place, and for more than 10,000. */
export function parseRouteExamples(values: readonly unknown[], name: string): readonly RouteExample[] {
  checkCount(values.length, name);
  return values.map((value, index) => parseExample(value, `${name}[${index}]`));
}

/** One JSON object a line. Throws AppError invalid_request naming the line. */
export function readRouteExamples(text: string, name: string): readonly RouteExample[] {
  const examples = text.split("\n").flatMap((line, index) => {
    if (line.trim() === "") return [];
    const place = `${name}, line ${index + 1}`;
    return [parseExample(parseLine(line, place), place)];
  });
  checkCount(examples.length, name);
  return examples;
}

function checkCount(count: number, name: string): void {
  if (count <= maxRouteExamples) return;
  const message = `${name}: there are ${count}, and ${maxRouteExamples} are the most`;
  throw new AppError("invalid_request", message, { details: { param: name, max: maxRouteExamples } });
}

function parseLine(line: string, place: string): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw new AppError("invalid_request", `${place} is no JSON; expected one object a line`, { cause });
  }
}

function parseExample(value: unknown, place: string): RouteExample {
  const parsed = exampleSchema.safeParse(value);
  if (!parsed.success) {
    throw new AppError(
      "invalid_request",
      `${place}: expected {"prompt", "answer_ok"} or {"confidence", "ok"}, with a confidence from 0 to 1 and ok true or false`,
      { details: { param: place } },
    );
  }
  const { data } = parsed;
  const ok = "ok" in data ? data.ok : data.answer_ok;
  if (data.confidence !== undefined) return { ok, confidence: data.confidence };
  return { ok, prompt: "prompt" in data ? data.prompt : "" };
}

import { z } from "zod";
import { AppError } from "../../base/index.ts";
import { sayIssue } from "../say-issue.ts";

const maxExamples = 10_000;
const maxAnswerCharacters = 100_000;

const answer = z.string().min(1).max(maxAnswerCharacters);
const nonNegative = z.number().min(0);

const exampleSchema = z.union([
  z.strictObject({
    perplexity: z.number().min(1),
    entropy_statistic: nonNegative.max(1),
    surprise_rate: nonNegative,
    pass: z.boolean(),
  }),
  z
    .strictObject({
      prompt: z.string().min(1).max(maxAnswerCharacters).exactOptional(),
      answer: answer.exactOptional(),
      text: answer.exactOptional(),
      pass: z.boolean(),
    })
    .refine(({ answer, text }) => (answer === undefined) !== (text === undefined), {
      error:
        "expected either `answer` or `text`, or the measures perplexity, entropy_statistic and surprise_rate",
    }),
]);

/** An answer that somebody found good or not; with measures it need not be measured again. */
export type Example = z.output<typeof exampleSchema>;

/** One entry of a calibration. Throws AppError invalid_request naming its place. */
function parseExample(value: unknown, place: string): Example {
  const parsed = exampleSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new AppError(
    "invalid_request",
    `${place}: expected {prompt?, answer | text, pass} or {perplexity, entropy_statistic, surprise_rate, pass} with pass true or false${describeIssue(parsed.error)}`,
    { details: { param: place } },
  );
}

/** Of the form that the value comes closer to. */
function describeIssue(error: z.ZodError): string {
  const [issue] = error.issues;
  const alternatives = issue?.code === "invalid_union" ? issue.errors : [error.issues];
  const [closest] = alternatives.toSorted((left, right) => left.length - right.length);
  const [first] = closest ?? [];
  if (!first) return "";
  const field = first.path.join(".");
  return `; ${field === "" ? "" : `${field}: `}${sayIssue(first)}`;
}

/** The entries of a list. Throws as `parseExample` does, and for more than 10,000. */
function parseExamples(values: readonly unknown[], name: string): readonly Example[] {
  if (values.length > maxExamples) {
    throw new AppError(
      "invalid_request",
      `${name}: there are ${values.length} examples, and ${maxExamples} are the most`,
      { details: { param: "examples", max: maxExamples } },
    );
  }
  return values.map((value, index) => parseExample(value, `${name}: examples[${index}]`));
}

/**
 * The examples of a file by what its name ends with: .json and .yaml hold a list, any other one JSON value a line.
 * Throws AppError invalid_request naming the file and the line.
 */
export function readExamples(text: string, name: string): readonly Example[] {
  if (!/\.(json|ya?ml)$/i.test(name)) return parseExamples(parseLines(text, name), name);
  const list = parseWhole(text, name);
  if (Array.isArray(list)) return parseExamples(list, name);
  throw new AppError("invalid_request", `${name}: expected a list of examples`);
}

function parseLines(text: string, name: string): readonly unknown[] {
  return text
    .split("\n")
    .map((line, index) => ({ line: line.trim(), number: index + 1 }))
    .filter(({ line }) => line !== "")
    .map(({ line, number }) => orRefuse(`${name}, line ${number}`, () => JSON.parse(line)));
}

function parseWhole(text: string, name: string): unknown {
  const isJson = name.toLowerCase().endsWith(".json");
  return orRefuse(name, () => (isJson ? JSON.parse(text) : Bun.YAML.parse(text)));
}

function orRefuse(place: string, parse: () => unknown): unknown {
  try {
    return parse();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AppError("invalid_request", `${place} cannot be read: ${reason}`, { cause });
  }
}

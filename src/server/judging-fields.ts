import { z } from "@hono/zod-openapi";
import type { JsonObject, JsonValue, Judging } from "../contract/index.ts";
import type { JudgedEvent } from "./collect.ts";
import { maxNameCharacters, maxPromptCharacters } from "./limits.ts";
import { withoutUndefined } from "./without-undefined.ts";

const maxJudges = 32;
const maxTexts = 256;

/** What Hearth takes beyond a protocol: judges that look at the answer, and how sure the model was of it. */
export function judgingShape() {
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
      })
      .optional()
      .describe("Adds what judges say of the answer: choices[].hearth, or a last chunk of a stream"),
  };
}

type JudgingBody = z.output<z.ZodObject<ReturnType<typeof judgingShape>>>;

/** Judges that are named without criteria judge alone; criteria without a list of judges are those of a whole answer. */
export function fromJudgingFields({ hearth }: JudgingBody): Judging | undefined {
  if (hearth === undefined) return undefined;
  const { judges, criteria, context, reference, trajectory = false } = hearth;
  const listed = judges?.map((judge) => (typeof judge === "string" ? { plugin: judge } : judge));
  const rules = { ...(criteria ?? { preset: "none" }), ...(listed && { judges: listed }) } as JsonValue;
  return withoutUndefined({
    criteria: listed || criteria ? rules : undefined,
    context: typeof context === "string" ? [context] : context,
    ...{ reference, trajectory },
  });
}

export function toHearthField({ judgement, trajectory }: JudgedEvent): JsonObject {
  return withoutUndefined({ judgement, trajectory }) as JsonObject;
}

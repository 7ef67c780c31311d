import { z } from "@hono/zod-openapi";
import { lazy } from "../lazy.ts";
import { maxModelIdCharacters, maxNameCharacters } from "../limits.ts";
import { refuseOthers } from "../refuse-others.ts";

const name = () => z.string().min(1).max(maxNameCharacters);

/** Whether an answer that the cache served was right. */
export const feedbackSchema = lazy(() =>
  refuseOthers(
    z.looseObject({
      entry: name()
        .optional()
        .describe("The entry, as the receipt names it: its last answer of another wording."),
      interaction_id: name().optional().describe("The id of the answer."),
      right: z.boolean({ error: "expected true or false: whether the answer was right for the question" }),
    }),
  ),
);

export const evaluationSchema = lazy(() =>
  refuseOthers(
    z.looseObject({
      embedding_model: z
        .string()
        .min(1)
        .max(maxModelIdCharacters)
        .optional()
        .describe("Absent: as configured."),
      keep: z
        .boolean()
        .optional()
        .describe("Ask from now on for the similarity that was found, where that is more than the default."),
    }),
  ),
);

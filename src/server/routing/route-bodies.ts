import { z } from "@hono/zod-openapi";
import { lazy } from "../lazy.ts";
import { maxNameCharacters, maxPromptCharacters } from "../limits.ts";
import { refuseOthers } from "../refuse-others.ts";

const share = z.number().min(0).max(1);

export const replaySchema = lazy(() =>
  refuseOthers(
    z.looseObject({
      policy: z.string().min(1).max(maxNameCharacters).optional().describe("Default: the configured one"),
      prompt: z
        .string()
        .max(maxPromptCharacters)
        .optional()
        .describe("What was asked last, where questions are not kept"),
    }),
  ),
);

export const routeCalibrationSchema = lazy(() =>
  refuseOthers(
    z.looseObject({
      model: z.string().min(1).max(maxNameCharacters).optional().describe("Default: the local model of auto"),
      examples: z.array(z.looseObject({})).describe("{prompt, answer_ok}, or {confidence, ok}"),
      share: share.optional().describe("Share of requests that may go to the larger model"),
      quality: share.optional().describe("Share of right answers that is wanted"),
      remote_quality: share.optional().describe("Share of right answers of the larger model; default 1"),
    }),
  ),
);

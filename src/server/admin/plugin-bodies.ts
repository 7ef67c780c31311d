import { z } from "@hono/zod-openapi";
import { lazy } from "../lazy.ts";
import { maxNameCharacters } from "../limits.ts";
import { refuseOthers } from "../refuse-others.ts";

const maxGrants = 16;
const maxSecretCharacters = 16_384;

export const decisionSchema = lazy(() =>
  refuseOthers(
    z.looseObject({
      grants: z.array(z.string().max(maxNameCharacters)).max(maxGrants).optional(),
      config: z
        .record(
          z.string(),
          z.union([
            z.string().max(maxSecretCharacters),
            z.strictObject({ environment: z.string().min(1).max(256) }),
            z.null(),
          ]),
        )
        .optional()
        .describe("Values by key; null takes one back, and keys that are not named stay as they are."),
      limits: z
        .record(z.string(), z.number().nullable())
        .optional()
        .describe(
          "Limits by name; null is the default again, and those that are not named stay as they are.",
        ),
    }),
  ),
);
export const callSchema = lazy(() =>
  refuseOthers(
    z.looseObject({
      export: z.string().min(1).max(maxNameCharacters).optional(),
      input: z.unknown().optional().describe("What the plugin is given, in JSON."),
    }),
  ),
);

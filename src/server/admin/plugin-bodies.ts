import { z } from "@hono/zod-openapi";
import { lazy } from "../lazy.ts";
import { maxNameCharacters } from "../limits.ts";

const maxGrants = 16;
const maxSecretCharacters = 16_384;

export const decisionSchema = lazy(() =>
  z.looseObject({
    grants: z.array(z.string().max(maxNameCharacters)).max(maxGrants).optional(),
    config: z
      .record(
        z.string(),
        z.union([
          z.string().max(maxSecretCharacters),
          z.strictObject({ environment: z.string().min(1).max(256) }),
        ]),
      )
      .optional(),
    limits: z.record(z.string(), z.number()).optional(),
  }),
);
export const callSchema = lazy(() =>
  z.looseObject({ export: z.string().min(1).max(maxNameCharacters).optional(), input: z.unknown() }),
);

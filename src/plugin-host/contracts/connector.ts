import { z } from "zod";

export const connectorInputSchema = z.object({
  operation: z.string().min(1).max(64),
  arguments: z.record(z.string(), z.json()).default({}),
});

/** What went wrong on the other side, for whoever decides whether to try again. */
const connectorErrorSchema = z.strictObject({
  code: z.string().min(1).max(64).describe("Such as not_found, unauthorized, rate_limited or unavailable."),
  message: z.string().max(4_000),
  transient: z.boolean().default(false).describe("Whether the same call may work later."),
});

export const connectorOutputSchema = z.union([
  z.strictObject({ data: z.unknown().nonoptional() }),
  z.strictObject({ error: connectorErrorSchema }),
]);

export const healthOutputSchema = z.strictObject({
  ok: z.boolean(),
  message: z.string().max(4_000).default(""),
});

export type ConnectorInput = z.input<typeof connectorInputSchema>;
export type ConnectorOutput = z.output<typeof connectorOutputSchema>;

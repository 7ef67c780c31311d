import { z } from "@hono/zod-openapi";
import type { LoadRequest } from "../engine/index.ts";
import { parseKeepAlive } from "../models/index.ts";
import { maxKeepAliveCharacters } from "./limits.ts";
import { invalidParameter } from "./parameter-errors.ts";
import { withoutUndefined } from "./without-undefined.ts";

export function keepAliveField() {
  return z
    .union([z.string().max(maxKeepAliveCharacters), z.number()])
    .optional()
    .describe('How long the model stays loaded: seconds or "5m"; 0 not at all, negative as long as possible');
}

/** What Ollama's clients say of the loaded model, on the routes of other protocols too. */
export function residencyShape() {
  return {
    keep_alive: keepAliveField(),
    options: z.looseObject({ num_ctx: z.int32().min(1).nullish() }).optional(),
  };
}

type ResidencyBody = z.output<z.ZodObject<ReturnType<typeof residencyShape>>>;

export function fromResidencyFields(body: ResidencyBody): LoadRequest {
  return withoutUndefined({
    contextTokens: body.options?.num_ctx ?? undefined,
    keepAliveMs: fromKeepAlive(body.keep_alive),
  });
}

export function fromKeepAlive(value: string | number | undefined): number | undefined {
  try {
    return parseKeepAlive(value);
  } catch (error) {
    throw invalidParameter("keep_alive", error instanceof Error ? error.message : String(error));
  }
}

import type { z } from "zod";
import { refuseAnswer } from "./refuse.ts";

/** A frame of the protocol. Throws AppError upstream_failed for anything else. */
export function parseFrame<Schema extends z.ZodType>(schema: Schema, data: string): z.output<Schema> {
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch (cause) {
    throw refuseAnswer("sent something that is no JSON", cause);
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw refuseAnswer("sent a frame that is none of its protocol", parsed.error);
  return parsed.data;
}

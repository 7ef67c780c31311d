import type { z } from "@hono/zod-openapi";
import { maxNameCharacters } from "./limits.ts";

/** The schema with no other fields: a misspelt one must not pass for one that was heeded. */
export function refuseOthers<S extends z.ZodObject<z.ZodRawShape, z.core.$loose>>(schema: S): S {
  const known = Object.keys(schema.shape);
  return schema.check(({ value, issues }) => {
    const field = Object.keys(value).find((key) => !known.includes(key));
    if (field === undefined) return;
    const message = `there is no field "${field.slice(0, maxNameCharacters)}"; there are ${known.join(", ")}`;
    issues.push({ code: "custom", message, input: value });
  });
}

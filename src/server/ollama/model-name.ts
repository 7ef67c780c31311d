import { z } from "@hono/zod-openapi";
import { looksLikePath } from "../../models/index.ts";
import { maxModelIdCharacters } from "../limits.ts";
import { invalidParameter } from "../parameter-errors.ts";

/** The routes about models take the name in either field; `name` is the older spelling. */
export function namedShape() {
  return {
    model: z.string().min(1).max(maxModelIdCharacters).optional(),
    name: z.string().min(1).max(maxModelIdCharacters).optional().describe("Same as model"),
  };
}

export function readName(body: { readonly model?: string | undefined; readonly name?: string | undefined }) {
  const name = body.model ?? body.name;
  if (name === undefined) throw invalidParameter("model", "model: name the model.");
  return name;
}

/** A name to fetch or to give. Files of this machine are not for clients to name. */
export function readNewName(body: {
  readonly model?: string | undefined;
  readonly name?: string | undefined;
}): string {
  return checkNewName(readName(body), "model");
}

export function checkNewName(name: string, param: string): string {
  if (!looksLikePath(name)) return name;
  throw invalidParameter(
    param,
    `${param}: "${name}" is a path; on the server's own machine use \`hearth import\`.`,
  );
}

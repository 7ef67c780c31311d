import type { z } from "@hono/zod-openapi";
import { AppError } from "../base/index.ts";
import { maxBodyBytes, maxJsonDepth } from "./limits.ts";
import type { AppContext } from "./request-scope.ts";

type BodySchema = z.ZodObject<z.ZodRawShape, z.core.$loose>;

/** What a route makes of a body that does not say it is JSON. */
export type BodyOptions = {
  /** Programs may leave the content type out; a page in a browser, which another site may have made, may not. */
  readonly anyContentType?: boolean;
};

/**
 * Reads and checks a JSON body. Top-level nulls count as absent: several clients send every optional field as null.
 * Throws AppError naming the field at fault.
 */
export async function readBody<S extends BodySchema>(
  context: AppContext,
  schema: S,
  { anyContentType = false }: BodyOptions = {},
): Promise<z.output<S>> {
  if (!anyContentType || isFromPage(context.req.raw)) checkContentType(context.req.raw);
  const text = await readText(context.req.raw);
  context.env?.server?.timeout(context.req.raw, 0);
  return parseBody(text, schema);
}

function checkContentType(request: Request): void {
  const contentType = request.headers.get("content-type") ?? "";
  if (/^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i.test(contentType)) return;
  throw new AppError("unsupported_media_type", `The content type "${contentType}" is not application/json.`);
}

/** Browsers say so on every request that changes something. */
function isFromPage(request: Request): boolean {
  return request.headers.has("origin") || request.headers.has("sec-fetch-site");
}

export function parseBody<S extends BodySchema>(text: string, schema: S): z.output<S> {
  const value = parseJson(text);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new AppError("invalid_request", "The body must be a JSON object.");
  }
  if (exceedsDepth(value, maxJsonDepth)) {
    throw new AppError("invalid_request", `The body is nested more than ${maxJsonDepth} levels deep.`);
  }
  const result = schema.safeParse(withoutNulls(value));
  if (result.success) return result.data;
  const issue = closestIssue(result.error.issues);
  const param = issue ? toPath(issue.path) : "";
  const message = `${param === "" ? "The body" : param}: ${issue?.message ?? "invalid"}`;
  throw new AppError("invalid_request", message, { details: param === "" ? {} : { param } });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new AppError(
      "invalid_request",
      `The body is not valid JSON: ${error instanceof Error ? error.message : ""}`,
      {
        cause: error,
      },
    );
  }
}

async function readText(request: Request): Promise<string> {
  const declared = Number(request.headers.get("content-length") ?? Number.NaN);
  if (declared > maxBodyBytes) throw tooLarge();
  if (Number.isFinite(declared) || !request.body) return request.text();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body) {
    size += chunk.byteLength;
    if (size > maxBodyBytes) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function tooLarge(): AppError {
  return new AppError("body_too_large", `The body is larger than ${maxBodyBytes} bytes.`);
}

function exceedsDepth(value: object, levels: number): boolean {
  if (levels === 0) return true;
  for (const child of Object.values(value)) {
    if (typeof child === "object" && child !== null && exceedsDepth(child, levels - 1)) return true;
  }
  return false;
}

function withoutNulls(body: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null));
}

type Issue = z.core.$ZodIssue;

/** The issue that says most: of a union, that of the alternative which the value came closest to. */
function closestIssue(issues: readonly Issue[]): Issue | undefined {
  const [first] = issues;
  if (first?.code !== "invalid_union") return first;
  const ofRightType = first.errors.filter(
    ([issue]) => issue && !(issue.code === "invalid_type" && issue.path.length === 0),
  );
  const [closest] = ofRightType.toSorted(
    (left, right) => left.length - right.length || byDistance(left[0], right[0]),
  );
  const issue = closest && closestIssue(closest);
  return issue ? { ...issue, path: [...first.path, ...issue.path] } : first;
}

/** Puts the issue first that stands further on in a list. */
function byDistance(left: Issue | undefined, right: Issue | undefined): number {
  const position = (issue: Issue | undefined) => Number(issue?.path[0] ?? 0) || 0;
  return position(right) - position(left);
}

function toPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === "number") return `${text}[${key}]`;
    return text === "" ? String(key) : `${text}.${String(key)}`;
  }, "");
}

import { z } from "@hono/zod-openapi";
import type { EmbedInput } from "../../contract/index.ts";
import type { ModelEntry } from "../../engine/index.ts";
import { readBody } from "../body.ts";
import { findModel } from "../find-model.ts";
import { privacyShape } from "../hearth-fields.ts";
import { lazy } from "../lazy.ts";
import { maxEmbeddingInputs, maxPromptCharacters } from "../limits.ts";
import { invalidParameter, nameInput } from "../parameter-errors.ts";
import { type AppContext, callerOf } from "../request-scope.ts";
import { fromResidencyFields, residencyShape } from "../residency-fields.ts";
import type { Route, RouteDeps } from "../route.ts";
import { shortenVector } from "../shorten-vector.ts";
import { isTokenList, tokenField } from "./completion-request.ts";
import { findIgnoredFields, modelField } from "./generation-fields.ts";

const embeddingBodySchema = lazy(() => {
  const text = z.string().min(1).max(maxPromptCharacters);
  const tokens = z.array(tokenField()).min(1).max(maxPromptCharacters);
  const lists = [
    z.array(text).min(1).max(maxEmbeddingInputs),
    z.array(tokens).min(1).max(maxEmbeddingInputs),
  ] as const;
  return z.looseObject({
    model: modelField(),
    input: z.union([text, tokens, ...lists]),
    encoding_format: z.enum(["float", "base64"]).optional(),
    dimensions: z.int32().min(1).optional(),
    ...residencyShape(),
    ...privacyShape(),
  });
});

export const embeddingRoute: Route = {
  method: "post",
  path: "/v1/embeddings",
  summary: "Turn texts into vectors",
  group: "OpenAI",
  access: "key",
  body: embeddingBodySchema,
  answers: "application/json",
  handle: handleEmbedding,
};

async function handleEmbedding(context: AppContext, deps: RouteDeps): Promise<Response> {
  const body = await readBody(context, embeddingBodySchema());
  const scope = context.get("scope");
  scope.ignored = findIgnoredFields(body, embeddingBodySchema().shape);
  const entry = await findModel(deps.engine, body.model);
  scope.model = entry.id;
  await checkDimensions(body.dimensions, entry, deps);
  const request = {
    model: entry.id,
    inputs: readInputs(body.input),
    ...callerOf({ ...scope, isLocal: scope.isLocal || body.hearth?.privacy === "local" }),
    ...(scope.hops > 0 && { hops: scope.hops }),
    ...fromResidencyFields(body),
  };
  const { vectors, promptTokens } = await deps.engine.embed(request, scope.abort.signal).catch((error) => {
    throw nameInput(error, "input");
  });
  scope.usage = { promptTokens, completionTokens: 0 };
  const encode = body.encoding_format === "base64" ? toBase64 : toNumbers;
  return context.json({
    object: "list",
    data: vectors.map((vector, index) => ({
      object: "embedding",
      index,
      embedding: encode(shortenVector(vector, body.dimensions)),
    })),
    model: entry.id,
    usage: { prompt_tokens: promptTokens, total_tokens: promptTokens },
  });
}

async function checkDimensions(
  dimensions: number | undefined,
  entry: ModelEntry,
  deps: RouteDeps,
): Promise<void> {
  if (dimensions === undefined) return;
  const { embeddingLength } = entry.description ?? entry.summary;
  const longest = embeddingLength ?? (await deps.engine.load(entry.id)).embeddingLength;
  if (dimensions <= longest) return;
  throw invalidParameter("dimensions", `dimensions: ${dimensions} are more than the model's ${longest}.`);
}

function readInputs(input: string | number[] | string[] | number[][]): readonly EmbedInput[] {
  if (typeof input === "string") return [input];
  return isTokenList(input) ? [input] : input;
}

function toNumbers(vector: Float32Array): number[] {
  return Array.from(vector);
}

/** Little-endian float32, which is the byte order of every platform Hearth runs on. */
function toBase64(vector: Float32Array): string {
  return Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString("base64");
}

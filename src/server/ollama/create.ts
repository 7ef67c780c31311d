import { z } from "@hono/zod-openapi";
import type { JsonValue } from "../../contract/index.ts";
import type { CreateRequest, ModelSettings } from "../../models/index.ts";
import { lazy } from "../lazy.ts";
import { maxMessages, maxModelIdCharacters, maxModelParts, maxPromptCharacters } from "../limits.ts";
import { invalidParameter } from "../parameter-errors.ts";
import type { AppContext } from "../request-scope.ts";
import type { Route, RouteDeps } from "../route.ts";
import { withoutUndefined } from "../without-undefined.ts";
import { readOllamaBody } from "./answer.ts";
import { digestPattern, toDigest } from "./digest.ts";
import { findUnknown } from "./generation-fields.ts";
import { checkNewName, namedShape, readNewName } from "./model-name.ts";
import { answerWork } from "./progress.ts";

const createBodySchema = lazy(() => {
  const text = () => z.string().max(maxPromptCharacters);
  const files = () =>
    z.record(z.string().min(1), z.string().regex(digestPattern, "not a digest such as sha256:…"));
  const message = z.looseObject({ role: z.enum(["system", "user", "assistant"]), content: text() });
  return z.looseObject({
    ...namedShape(),
    from: z.string().min(1).max(maxModelIdCharacters).optional().describe("A model to start from"),
    files: files().optional().describe("File name to digest of an uploaded blob"),
    adapters: files().optional(),
    template: text().optional(),
    license: z.union([text(), z.array(text()).max(maxModelParts)]).optional(),
    system: text().optional(),
    parameters: z.record(z.string(), z.unknown()).optional(),
    messages: z.array(message).max(maxMessages).optional(),
    stream: z.boolean().optional().describe("On by default"),
    quantize: z.string().optional().describe("Weights are taken as they are"),
    modelfile: z.unknown().optional(),
    path: z.unknown().optional(),
  });
});

type CreateBody = z.output<ReturnType<typeof createBodySchema>>;

export const createRoute: Route = {
  method: "post",
  path: "/api/create",
  summary: "Make a model of another one, or of uploaded files",
  group: "Ollama",
  access: "key",
  body: createBodySchema,
  answers: "application/json",
  streams: "application/x-ndjson",
  handle: handleCreate,
};

async function handleCreate(context: AppContext, deps: RouteDeps): Promise<Response> {
  const body = await readOllamaBody(context, createBodySchema());
  const scope = context.get("scope");
  scope.ignored = findUnknown(body, createBodySchema().shape);
  const events = deps.library.create(fromCreateBody(body), { signal: scope.abort.signal });
  return answerWork(context, deps, events, { stream: body.stream !== false });
}

function fromCreateBody(body: CreateBody): CreateRequest {
  refuseConversions(body);
  if (body.from === undefined && Object.keys(body.files ?? {}).length === 0) {
    throw invalidParameter("from", "from: name a model to start from, or files that were uploaded.");
  }
  return {
    name: readNewName(body),
    settings: fromSettings(body),
    ...withoutUndefined({
      from: body.from === undefined ? undefined : checkNewName(body.from, "from"),
      files: fromFiles(body.files, "files"),
      adapters: fromFiles(body.adapters, "adapters"),
    }),
  };
}

function refuseConversions(body: CreateBody): void {
  if (body.quantize !== undefined && body.quantize !== "") {
    throw invalidParameter(
      "quantize",
      `quantize: weights are not converted here; take a file that is "${body.quantize}" already.`,
    );
  }
  for (const param of ["modelfile", "path"] as const) {
    if (body[param] === undefined) continue;
    throw invalidParameter(
      param,
      `${param}: is no longer part of the API; upload files to /api/blobs and name them.`,
    );
  }
}

function fromFiles(files: Readonly<Record<string, string>> | undefined, param: string) {
  if (files === undefined) return undefined;
  const entries = Object.entries(files);
  if (entries.length > maxModelParts) throw invalidParameter(param, `${param}: more than ${maxModelParts}.`);
  return Object.fromEntries(entries.map(([name, digest]) => [name, toDigest(digest)]));
}

function fromSettings(body: CreateBody): ModelSettings {
  return withoutUndefined({
    template: body.template,
    system: body.system,
    messages: body.messages?.map(({ role, content }) => ({ role, content })),
    parameters: body.parameters as Readonly<Record<string, JsonValue>> | undefined,
    licenses: typeof body.license === "string" ? [body.license] : body.license,
  });
}

import { AppError } from "../../base/index.ts";
import { maxBlobBytes } from "../limits.ts";
import { invalidParameter } from "../parameter-errors.ts";
import type { AppContext } from "../request-scope.ts";
import type { Route, RouteDeps } from "../route.ts";
import { digestPattern, toDigest } from "./digest.ts";

const path = "/api/blobs/:digest";

export const blobRoutes: readonly Route[] = [
  {
    method: "head",
    path,
    summary: "Whether a blob is here",
    group: "Ollama",
    access: "key",
    answers: "nothing",
    handle: handleHead,
  },
  {
    method: "post",
    path,
    summary: "Upload a file, named by its digest",
    group: "Ollama",
    access: "key",
    takes: "file",
    answers: "nothing",
    handle: handleUpload,
  },
];

async function handleHead(context: AppContext, { library }: RouteDeps): Promise<Response> {
  const isHere = await library.hasBlob(readDigest(context));
  return new Response(null, { status: isHere ? 200 : 404 });
}

/** Writes the body as it comes. 200 where the blob was here already: its body is not read then. */
async function handleUpload(context: AppContext, { library }: RouteDeps): Promise<Response> {
  const digest = readDigest(context);
  if (await library.hasBlob(digest)) return new Response(null, { status: 200 });
  const { signal } = context.get("scope").abort;
  try {
    await library.writeBlob(digest, readUpload(context), signal);
  } catch (error) {
    throw toUploadError(error);
  }
  return new Response(null, { status: 201 });
}

function readDigest(context: AppContext): string {
  const text = context.req.param("digest") ?? "";
  if (digestPattern.test(text)) return toDigest(text);
  throw invalidParameter("digest", "digest: not of the form sha256: and 64 hex digits.");
}

async function* readUpload(context: AppContext): AsyncGenerator<Uint8Array> {
  const request = context.req.raw;
  const declared = Number(request.headers.get("content-length") ?? 0);
  if (declared > maxBlobBytes) throw tooLarge();
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.byteLength;
    if (size > maxBlobBytes) throw tooLarge();
    yield chunk;
  }
  // From here on the client waits for the disk and sends nothing.
  context.env?.server?.timeout(request, 0);
}

function tooLarge(): AppError {
  return new AppError("body_too_large", `The file is larger than ${maxBlobBytes} bytes.`);
}

/** Bytes of another digest are the client's mistake. */
function toUploadError(error: unknown): unknown {
  if (!(error instanceof AppError) || error.code !== "model_corrupted") return error;
  return new AppError("invalid_request", error.message, { cause: error, details: { param: "digest" } });
}

import type { JsonObject } from "../../contract/index.ts";
import type { FileBatch } from "../../knowledge/index.ts";
import { readBody } from "../body.ts";
import { readPage } from "../page.ts";
import { invalidParameter } from "../parameter-errors.ts";
import { readPathName } from "../path-name.ts";
import type { AppContext } from "../request-scope.ts";
import type { RouteDeps } from "../route.ts";
import { readFileStatus } from "./read-file-status.ts";
import { toBatchFileBody, toFileBatchBody, toListBody } from "./vector-store-answer.ts";
import { fileBatchSchema } from "./vector-store-bodies.ts";

/** When clients of OpenAI's that wait for a batch are to look again; they wait for 5 s where nobody tells them. */
const pollAfterMs = 500;
const pollHeader = "openai-poll-after-ms";

export async function handleCreateBatch(context: AppContext, deps: RouteDeps): Promise<Response> {
  const body = await readBody(context, fileBatchSchema());
  context.get("scope").ignored = listIgnored(body);
  const { tenant } = context.get("scope");
  const files = readFiles(body);
  const { fileBatches } = await deps.knowledge();
  return answerBatch(context, await fileBatches.create({ tenant, collection: readPathName(context), files }));
}

export async function handleShowBatch(context: AppContext, deps: RouteDeps): Promise<Response> {
  const { fileBatches } = await deps.knowledge();
  return answerBatch(context, await fileBatches.get(readKey(context)));
}

export async function handleCancelBatch(context: AppContext, deps: RouteDeps): Promise<Response> {
  const { fileBatches } = await deps.knowledge();
  return answerBatch(context, await fileBatches.cancel(readKey(context)));
}

export async function handleListBatchFiles(context: AppContext, deps: RouteDeps): Promise<Response> {
  const { limit, after } = readPage(context);
  const status = readFileStatus(context);
  const { fileBatches } = await deps.knowledge();
  const key = readKey(context);
  const batch = await fileBatches.get(key);
  const listed = await fileBatches.listFiles(key, {
    limit: limit + 1,
    ...(after !== undefined && { after }),
    ...(status !== undefined && { status }),
  });
  return context.json(
    toListBody(
      listed.map((file) => toBatchFileBody(batch, file)),
      limit,
    ),
  );
}

function answerBatch(context: AppContext, batch: FileBatch): Response {
  const headers = batch.status === "in_progress" ? { [pollHeader]: String(pollAfterMs) } : {};
  return context.json(toFileBatchBody(batch), { headers });
}

function readKey(context: AppContext) {
  const { tenant } = context.get("scope");
  return { tenant, collection: readPathName(context), id: readPathName(context, "batch") };
}

type Body = ReturnType<ReturnType<typeof fileBatchSchema>["parse"]>;

function readFiles({ file_ids: ids, files, attributes }: Body) {
  if (ids && files) {
    throw invalidParameter("files", "files: give either file_ids or files, not both of them.");
  }
  if (!ids && !files) throw invalidParameter("file_ids", "file_ids: expected the files of the batch.");
  const given = files ?? ids?.map((id) => ({ file_id: id, attributes })) ?? [];
  return given.map((file) => ({ fileId: file.file_id, attributes: (file.attributes ?? {}) as JsonObject }));
}

const known = new Set(["file_ids", "files", "attributes"]);
const knownOfFile = new Set(["file_id", "attributes"]);

/** As OpenAI's, attributes of all files go for `file_ids` alone. */
function listIgnored({ files = [], ...body }: Body): readonly string[] {
  const names = Object.keys(body).filter(
    (key) => !known.has(key) || (key === "attributes" && !body.file_ids),
  );
  const ofFiles = files.flatMap(Object.keys).filter((key) => !knownOfFile.has(key));
  return [...names, ...new Set(ofFiles.map((key) => `files.${key}`))];
}

import { AppError, createId } from "../../base/index.ts";
import type { JsonObject } from "../../contract/index.ts";
import {
  type BatchFile,
  type Collection,
  type Hit,
  isOwnedByOther,
  type Knowledge,
  type StoredDocument,
  toFileSource,
} from "../../knowledge/index.ts";
import { readBody } from "../body.ts";
import { readPage } from "../page.ts";
import { invalidParameter } from "../parameter-errors.ts";
import { readPathName } from "../path-name.ts";
import type { AppContext } from "../request-scope.ts";
import type { RouteDeps } from "../route.ts";
import { readFileStatus } from "./read-file-status.ts";
import {
  toBatchFileBody,
  toContentPage,
  toListBody,
  toSearchPage,
  toVectorStoreBody,
  toVectorStoreFileBody,
} from "./vector-store-answer.ts";
import {
  vectorStoreAttributesSchema,
  vectorStoreFileSchema,
  vectorStoreSchema,
  vectorStoreSearchSchema,
} from "./vector-store-bodies.ts";

const defaultResults = 10;

export async function handleListStores(context: AppContext, deps: RouteDeps): Promise<Response> {
  const { limit, after } = readPage(context);
  const { collections, fileBatches } = await deps.knowledge();
  const unfinished = await fileBatches.countUnfinished();
  const all = (await collections.list()).map((each) => toVectorStoreBody(each, unfinished));
  const start = after === undefined ? 0 : all.findIndex(({ id }) => id === after) + 1;
  return context.json(toListBody(all.slice(start, start + limit + 1), limit));
}

export async function handleCreateStore(context: AppContext, deps: RouteDeps): Promise<Response> {
  const body = await readBody(context, vectorStoreSchema());
  context.get("scope").ignored = Object.keys(body).filter((key) => key !== "name" && key !== "file_ids");
  const knowledge = await deps.knowledge();
  const { tenant } = context.get("scope");
  const files = await Promise.all((body.file_ids ?? []).map((id) => knowledge.files.get(tenant, id)));
  const { name } = await knowledge.collections.create({
    name: createId("vs"),
    ...(body.name !== undefined && { description: body.name }),
  });
  for (const { id } of files) await attach(context, knowledge, { collection: name, fileId: id });
  return await answerStore(context, knowledge, await knowledge.collections.get(name));
}

export async function handleShowStore(context: AppContext, deps: RouteDeps): Promise<Response> {
  const knowledge = await deps.knowledge();
  return await answerStore(context, knowledge, await knowledge.collections.get(readPathName(context)));
}

export async function handleChangeStore(context: AppContext, deps: RouteDeps): Promise<Response> {
  const body = await readBody(context, vectorStoreSchema());
  context.get("scope").ignored = Object.keys(body).filter((key) => key !== "name");
  const knowledge = await deps.knowledge();
  const changes = body.name === undefined ? {} : { description: body.name };
  const changed = await knowledge.collections.update(readPathName(context), changes);
  return await answerStore(context, knowledge, changed);
}

export async function handleRemoveStore(context: AppContext, deps: RouteDeps): Promise<Response> {
  const id = readPathName(context);
  const { collections } = await deps.knowledge();
  await collections.get(id);
  await collections.remove(id);
  return context.json({ id, object: "vector_store.deleted", deleted: true });
}

export async function handleSearchStore(context: AppContext, deps: RouteDeps): Promise<Response> {
  const body = await readBody(context, vectorStoreSearchSchema());
  const { tenant, abort, isLocal } = context.get("scope");
  const knowledge = await deps.knowledge();
  const queries = typeof body.query === "string" ? [body.query] : body.query;
  const maxResults = body.max_num_results ?? defaultResults;
  const minScore = body.ranking_options?.score_threshold;
  const found = await Promise.all(
    queries.map((text) =>
      knowledge.search(
        {
          ...{ collections: [readPathName(context)], text, maxResults, tenant },
          ...(body.filters && { filter: body.filters as JsonObject }),
          ...(minScore !== undefined && { minScore }),
          ...(isLocal && { privacy: "local" }),
        },
        abort.signal,
      ),
    ),
  );
  const hits = found.length === 1 ? (found[0]?.hits ?? []) : merge(found.flatMap((each) => each.hits));
  return context.json(toSearchPage(queries, hits.slice(0, maxResults)));
}

/** Of several queries the best score that a text reached. */
function merge(hits: readonly Hit[]): readonly Hit[] {
  const best = new Map<string, Hit>();
  for (const hit of hits) {
    const known = best.get(hit.chunkId);
    if (!known || hit.score > known.score) best.set(hit.chunkId, hit);
  }
  return [...best.values()].sort((left, right) => right.score - left.score);
}

export async function handleListStoreFiles(context: AppContext, deps: RouteDeps): Promise<Response> {
  const store = readPathName(context);
  const { limit, after } = readPage(context);
  const status = readFileStatus(context);
  const { collections, documents, fileBatches } = await deps.knowledge();
  await collections.get(store);
  const { tenant } = context.get("scope");
  if (status !== undefined && status !== "completed") {
    const asked = {
      tenant,
      collection: store,
      limit: limit + 1,
      status,
      ...(after !== undefined && { after }),
    };
    const files = await fileBatches.listUnfinished(asked);
    return context.json(toListBody(files.map(toUnfinishedBody(store)), limit));
  }
  const last = after === undefined ? undefined : await findDocument(documents, store, after);
  const page = { limit: limit + 1, ...(last && { after: last.id }) };
  const listed = await documents.list(store, page);
  const shown = listed.filter(({ attributes }) => !isOwnedByOther(store, attributes, tenant));
  return context.json(
    toListBody(
      shown.map((document) => toVectorStoreFileBody(store, document)),
      limit,
    ),
  );
}

export async function handleAttachFile(context: AppContext, deps: RouteDeps): Promise<Response> {
  const body = await readBody(context, vectorStoreFileSchema());
  context.get("scope").ignored = Object.keys(body).filter((key) => key !== "file_id" && key !== "attributes");
  const store = readPathName(context);
  const knowledge = await deps.knowledge();
  await knowledge.collections.get(store);
  const attributes = (body.attributes ?? {}) as JsonObject;
  const id = await attach(context, knowledge, { collection: store, fileId: body.file_id, attributes });
  return context.json(
    toVectorStoreFileBody(store, await knowledge.documents.get(store, id).then(withoutText)),
  );
}

export async function handleShowStoreFile(context: AppContext, deps: RouteDeps): Promise<Response> {
  const [store, fileId] = [readPathName(context), readPathName(context, "file")];
  const { documents, fileBatches } = await deps.knowledge();
  const found = await findShown(context, documents, store);
  if (found) return context.json(toVectorStoreFileBody(store, found));
  const asked = { tenant: context.get("scope").tenant, collection: store, fileId, limit: 1 };
  const [unfinished] = (await fileBatches.listUnfinished(asked)).map(toUnfinishedBody(store));
  if (!unfinished) throw noFile(store, fileId);
  return context.json(unfinished);
}

function toUnfinishedBody(store: string) {
  return (file: BatchFile & { readonly createdAtMs: number }) =>
    toBatchFileBody({ collection: store, createdAtMs: file.createdAtMs }, file);
}

export async function handleChangeStoreFile(context: AppContext, deps: RouteDeps): Promise<Response> {
  const { attributes = {} } = await readBody(context, vectorStoreAttributesSchema());
  const store = readPathName(context);
  const { documents } = await deps.knowledge();
  const { id } = await getDocument(context, documents, store);
  await documents.setAttributes(store, id, attributes as JsonObject);
  return context.json(toVectorStoreFileBody(store, await documents.get(store, id).then(withoutText)));
}

export async function handleReadStoreFile(context: AppContext, deps: RouteDeps): Promise<Response> {
  const store = readPathName(context);
  const { documents } = await deps.knowledge();
  const { id } = await getDocument(context, documents, store);
  return context.json(toContentPage((await documents.get(store, id)).text));
}

export async function handleDetachFile(context: AppContext, deps: RouteDeps): Promise<Response> {
  const [store, fileId] = [readPathName(context), readPathName(context, "file")];
  const { documents } = await deps.knowledge();
  const { id } = await getDocument(context, documents, store);
  await documents.remove(store, [id]);
  return context.json({ id: fileId, object: "vector_store.file.deleted", deleted: true });
}

async function answerStore(
  context: AppContext,
  { fileBatches }: Knowledge,
  collection: Collection,
): Promise<Response> {
  return context.json(toVectorStoreBody(collection, await fileBatches.countUnfinished()));
}

type ToAttach = { readonly collection: string; readonly fileId: string; readonly attributes?: JsonObject };

/** The id of the document that the file became. */
async function attach(
  context: AppContext,
  { attachFile }: Knowledge,
  { collection, fileId, attributes = {} }: ToAttach,
): Promise<string> {
  const { tenant, abort } = context.get("scope");
  const attached = await attachFile({ tenant, collection, fileId, attributes }, abort.signal);
  if (!("skipped" in attached)) return attached.documentId;
  const { filename, reason } = attached;
  throw invalidParameter("file_id", `file_id: ${filename} cannot be searched: ${reason}`);
}

async function getDocument(
  context: AppContext,
  documents: Knowledge["documents"],
  store: string,
): Promise<StoredDocument> {
  const found = await findShown(context, documents, store);
  if (found) return found;
  throw noFile(store, readPathName(context, "file"));
}

function noFile(store: string, fileId: string): AppError {
  return new AppError("not_found", `There is no file "${fileId}" in the vector store ${store}.`);
}

/** Undefined also for one that is somebody else's. */
async function findShown(
  context: AppContext,
  documents: Knowledge["documents"],
  store: string,
): Promise<StoredDocument | undefined> {
  const found = await findDocument(documents, store, readPathName(context, "file"));
  if (!found || isOwnedByOther(store, found.attributes, context.get("scope").tenant)) return undefined;
  return found;
}

async function findDocument(
  documents: Knowledge["documents"],
  store: string,
  fileId: string,
): Promise<StoredDocument | undefined> {
  return (
    (await documents.find(store, { source: toFileSource(fileId) })) ??
    (await documents.find(store, { id: fileId }))
  );
}

function withoutText({
  text: _,
  ...document
}: Awaited<ReturnType<Knowledge["documents"]["get"]>>): StoredDocument {
  return document;
}

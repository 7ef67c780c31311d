import { AppError } from "../../base/index.ts";
import type { JsonObject } from "../../contract/index.ts";
import { isOwnedByOther } from "../../knowledge/index.ts";
import { readBody } from "../body.ts";
import { readPage } from "../page.ts";
import { invalidParameter } from "../parameter-errors.ts";
import { readPathName } from "../path-name.ts";
import type { AppContext } from "../request-scope.ts";
import type { RouteDeps } from "../route.ts";
import { toChunkBody, toCollectionBody, toDocumentBody, toHitBody } from "./collection-answer.ts";
import {
  collectionChangeSchema,
  collectionSchema,
  documentsSchema,
  searchSchema,
} from "./collection-bodies.ts";

const defaultResults = 10;

export async function handleListCollections(context: AppContext, deps: RouteDeps): Promise<Response> {
  const { collections } = await deps.knowledge();
  return context.json({ object: "list", data: (await collections.list()).map(toCollectionBody) });
}

export async function handleCreateCollection(context: AppContext, deps: RouteDeps): Promise<Response> {
  const { name, description, embedding_model, label } = await readBody(context, collectionSchema());
  const { collections } = await deps.knowledge();
  const created = await collections.create({
    name,
    ...(description !== undefined && { description }),
    ...(embedding_model !== undefined && { embeddingModel: embedding_model === "" ? null : embedding_model }),
    ...(label && { label }),
  });
  return context.json(toCollectionBody(created), 201);
}

export async function handleShowCollection(context: AppContext, deps: RouteDeps): Promise<Response> {
  const { collections } = await deps.knowledge();
  return context.json(toCollectionBody(await collections.get(readPathName(context, "name"))));
}

export async function handleChangeCollection(context: AppContext, deps: RouteDeps): Promise<Response> {
  const { description, label } = await readBody(context, collectionChangeSchema());
  const { collections } = await deps.knowledge();
  const changes = { ...(description !== undefined && { description }), ...(label && { label }) };
  return context.json(toCollectionBody(await collections.update(readPathName(context, "name"), changes)));
}

export async function handleRemoveCollection(context: AppContext, deps: RouteDeps): Promise<Response> {
  const name = readPathName(context, "name");
  const { collections } = await deps.knowledge();
  await collections.get(name);
  await collections.remove(name);
  return context.json({ object: "collection.deleted", name, deleted: true });
}

export async function handleListDocuments(context: AppContext, deps: RouteDeps): Promise<Response> {
  const name = readPathName(context, "name");
  const { collections, documents } = await deps.knowledge();
  await collections.get(name);
  const { after, limit } = readPage(context);
  const root = context.req.query("root");
  const page = await documents.list(name, {
    limit: limit + 1,
    ...(after !== undefined && { after }),
    ...(root !== undefined && { root }),
  });
  const { tenant } = context.get("scope");
  const shown = page.slice(0, limit).filter(({ attributes }) => !isOwnedByOther(name, attributes, tenant));
  const data = shown.map(toDocumentBody);
  return context.json({ object: "list", data, has_more: page.length > limit });
}

export async function handleAddDocuments(context: AppContext, deps: RouteDeps): Promise<Response> {
  const name = readPathName(context, "name");
  const body = await readBody(context, documentsSchema());
  const { signal } = context.get("scope").abort;
  const { collections, documents, prepare } = await deps.knowledge();
  await collections.get(name);
  const prepared = await Promise.all(
    body.documents.map(async ({ source, text, content_type, attributes = {} }, index) => {
      const content = {
        source,
        bytes: Buffer.from(text),
        ...(content_type && { contentType: content_type }),
      };
      const made = await prepare(content, signal);
      if ("skipped" in made) {
        throw invalidParameter(`documents[${index}].text`, `documents[${index}]: ${made.reason}`);
      }
      return { ...made, attributes: { ...made.attributes, ...(attributes as JsonObject) } };
    }),
  );
  const added = await documents.add(name, prepared, signal);
  return context.json({ object: "list", data: added.map((each) => ({ object: "document", ...each })) }, 201);
}

export async function handleShowDocument(context: AppContext, deps: RouteDeps): Promise<Response> {
  const { documents } = await deps.knowledge();
  const name = readPathName(context, "name");
  const { text, ...document } = await documents.get(name, readPathName(context));
  if (isOwnedByOther(name, document.attributes, context.get("scope").tenant))
    throw noDocument(document.id, name);
  return context.json({ ...toDocumentBody(document), text: text.map(toChunkBody) });
}

export async function handleRemoveDocument(context: AppContext, deps: RouteDeps): Promise<Response> {
  const [name, id] = [readPathName(context, "name"), readPathName(context)];
  const { collections, documents } = await deps.knowledge();
  await collections.get(name);
  const found = await documents.find(name, { id });
  if (!found || isOwnedByOther(name, found.attributes, context.get("scope").tenant))
    throw noDocument(id, name);
  await documents.remove(name, [id]);
  return context.json({ object: "document.deleted", id, deleted: true });
}

export async function handleSearchCollection(context: AppContext, deps: RouteDeps): Promise<Response> {
  const name = readPathName(context, "name");
  const body = await readBody(context, searchSchema());
  const { tenant, abort, isLocal } = context.get("scope");
  const knowledge = await deps.knowledge();
  const { query: text, max_results: maxResults = defaultResults, min_score, filter, rerank_model } = body;
  const { hits, mode, reason } = await knowledge.search(
    {
      ...{ collections: [name], text, maxResults, tenant },
      ...(min_score !== undefined && { minScore: min_score }),
      ...(filter && { filter: filter as JsonObject }),
      ...(rerank_model !== undefined && { rerankModel: rerank_model }),
      ...(isLocal && { privacy: "local" }),
    },
    abort.signal,
  );
  return context.json({ object: "list", mode, reason: reason ?? null, data: hits.map(toHitBody) });
}

function noDocument(id: string, collection: string): AppError {
  return new AppError("not_found", `There is no document "${id}" in ${collection}.`);
}

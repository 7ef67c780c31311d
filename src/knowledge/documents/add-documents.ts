import { AppError } from "../../base/index.ts";
import type { Queries } from "../../store/index.ts";
import { type CollectionRow, getRow, rereadRow } from "../collections/collection-rows.ts";
import { completeAttributes } from "../collections/schemas.ts";
import type { KnowledgeDeps } from "../deps.ts";
import { createPace, type Pace } from "../indexing/pace.ts";
import type { AddedDocument, NewDocument } from "../knowledge.ts";
import type { EmbeddingModel } from "../vectors/embedding-model.ts";
import { createSet, findSet, type VectorSet } from "../vectors/vector-sets.ts";
import { checkAttributes, checkDocument } from "./check-document.ts";
import { writeWords } from "./document-words.ts";
import { embedDocuments, requireSameModel, resolveModel } from "./embed-documents.ts";
import { findHolders } from "./file-holders.ts";
import { listPlaces } from "./file-places.ts";
import { type Prepared, type WriteState, writeDocument } from "./write-document.ts";

/** Documents of one call. */
export const maxDocuments = 1_000;
/** Chunks after which what was added is committed, so that others get the database. */
const commitChunks = 128;

/** Each document whole or not at all, in order; those that were committed before one that fails stay. */
export async function addDocuments(
  deps: KnowledgeDeps,
  name: string,
  documents: readonly NewDocument[],
  signal: AbortSignal,
): Promise<readonly AddedDocument[]> {
  if (documents.length > maxDocuments) {
    const message = `${documents.length} documents were given and ${maxDocuments} is the most at once`;
    throw new AppError("invalid_request", message);
  }
  const complete = documents.map((document) => {
    checkAttributes(document.source, document.attributes);
    return { ...document, attributes: completeAttributes(name, document.attributes) };
  });
  for (const document of complete) checkDocument(document);
  const { kysely } = await deps.database();
  const pace = createPace(signal);
  const added: AddedDocument[] = [];
  for (const group of groupDocuments(complete)) {
    signal.throwIfAborted();
    const collection = await getRow(kysely, name);
    added.push(...(await addGroup({ deps, kysely, collection, signal, pace }, group)));
    await pace.rest();
  }
  return added;
}

type GroupWork = {
  readonly deps: KnowledgeDeps;
  readonly kysely: Queries;
  readonly collection: CollectionRow;
  readonly signal: AbortSignal;
  readonly pace: Pace;
};

async function addGroup(work: GroupWork, group: readonly NewDocument[]): Promise<readonly AddedDocument[]> {
  const { deps, kysely, collection, signal, pace } = work;
  const set = await findSet(kysely, collection.vector_set_id);
  const model = await resolveModel(deps, collection, set);
  const prepared = model
    ? await embedChanged(work, group, { set, model })
    : group.map((document) => ({ document }));
  return await kysely.transaction().execute(async (queries) => {
    const state = await beginWriting(queries, collection, { model, nowMs: deps.now(), pace });
    const added: AddedDocument[] = [];
    for (const each of prepared) added.push(await writeDocument(queries, state, each));
    await writeWords(queries, state);
    signal.throwIfAborted();
    return added;
  });
}

/** What is there with the same content needs no vectors. */
async function embedChanged(
  { deps, kysely, collection, signal }: GroupWork,
  group: readonly NewDocument[],
  { set, model }: { readonly set: VectorSet | undefined; readonly model: EmbeddingModel },
): Promise<readonly Prepared[]> {
  const changed = new Set<NewDocument>();
  /** Of files that stand earlier in the group. */
  const hashes = new Map<string, string>();
  for (const document of group) {
    const place = { root: document.root ?? "", source: document.source };
    const file = JSON.stringify(listPlaces(place)[0]);
    const [earlier] = await findHolders(kysely, collection.id, place);
    if ((hashes.get(file) ?? earlier?.content_hash) !== document.contentHash) changed.add(document);
    hashes.set(file, document.contentHash);
  }
  const embedded = await embedDocuments(deps.engine, [...changed], { collection, set, model }, signal);
  const prepared = new Map(embedded.map((each) => [each.document, each]));
  return group.map((document) => prepared.get(document) ?? { document });
}

/**
 * The collection as it stands now that nobody else writes, with a model and vectors where it has none yet. Throws
 * AppError conflict where it has another model than the documents were embedded with.
 */
async function beginWriting(
  queries: Queries,
  before: CollectionRow,
  {
    model,
    nowMs,
    pace,
  }: { readonly model: EmbeddingModel | undefined; readonly nowMs: number; readonly pace: Pace },
): Promise<WriteState> {
  const collection = await rereadRow(queries, before);
  const set = await findSet(queries, collection.vector_set_id);
  if (collection.takes_configured_model === 1) {
    const change = { takes_configured_model: 0, embedding_model: model?.id ?? null };
    await queries.updateTable("collection").set(change).where("id", "=", collection.id).execute();
  } else if ((collection.embedding_model === null) !== (model === undefined)) {
    const message = `the model of ${collection.name} was changed meanwhile; add the documents again`;
    throw new AppError("conflict", message);
  }
  if (set && model) requireSameModel(collection.name, set, model);
  const state = { collection, nextNumber: collection.next_number, words: [], nowMs, pace };
  if (set || !model) return { ...state, set };
  const made = await createSet(queries, collection.id, model, "current");
  await queries
    .updateTable("collection")
    .set({ vector_set_id: made.id })
    .where("id", "=", collection.id)
    .execute();
  return { ...state, set: made };
}

/** Documents that are committed together: few, unless they are small. */
function* groupDocuments(documents: readonly NewDocument[]): Generator<readonly NewDocument[]> {
  let group: NewDocument[] = [];
  let chunks = 0;
  for (const document of documents) {
    if (group.length > 0 && chunks + document.chunks.length > commitChunks) {
      yield group;
      group = [];
      chunks = 0;
    }
    group.push(document);
    chunks += document.chunks.length;
  }
  if (group.length > 0) yield group;
}

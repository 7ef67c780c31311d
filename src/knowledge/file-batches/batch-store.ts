import { AppError, createId } from "../../base/index.ts";
import type { Database, Queries } from "../../store/index.ts";
import { getRow } from "../collections/collection-rows.ts";
import { createPace } from "../indexing/pace.ts";
import { makePlace } from "./batch-places.ts";
import { type BatchRow, countFiles, fileColumns, toBatch, toBatchFile } from "./batch-rows.ts";
import type {
  BatchFile,
  BatchFilePage,
  BatchKey,
  FileBatch,
  NewFileBatch,
  UnfinishedFile,
  UnfinishedPage,
} from "./file-batch.ts";
import { countUnfinishedFiles, listUnfinishedFiles, type UnfinishedCounts } from "./unfinished-files.ts";

const insertedAtOnce = 200;
const maxShownCharacters = 100;

export type BatchStore = {
  /** Throws AppError: not_found for the collection, queue_full. */
  create(batch: NewFileBatch): Promise<FileBatch>;
  /** Throws AppError not_found. */
  get(key: BatchKey): Promise<FileBatch>;
  /** What is done of it stays done. Throws AppError not_found. */
  cancel(key: BatchKey): Promise<FileBatch>;
  /** In the order in which they were given. Throws AppError: not_found, invalid_request for a page that begins nowhere. */
  listFiles(key: BatchKey, page: BatchFilePage): Promise<readonly BatchFile[]>;
  /** Files that collections were to take and have not, by collection and why; one that has none is absent. */
  countUnfinished(): Promise<ReadonlyMap<string, UnfinishedCounts>>;
  /** In the order in which they were given. Throws AppError: not_found, invalid_request for a page that begins nowhere. */
  listUnfinished(page: UnfinishedPage): Promise<readonly UnfinishedFile[]>;
};

export type BatchStoreOptions = {
  database(): Promise<Database>;
  readonly now: () => number;
  readonly processId: number;
};

export function createBatchStore({ database, now, processId }: BatchStoreOptions): BatchStore {
  async function getBatch({ tenant, collection, id }: BatchKey): Promise<BatchRow> {
    const { kysely } = await database();
    const row = await kysely
      .selectFrom("file_batch")
      .selectAll()
      .where("id", "=", id)
      .where("tenant", "=", tenant)
      .where("collection", "=", collection)
      .executeTakeFirst();
    if (row) return row;
    const shown = id.slice(0, maxShownCharacters);
    throw new AppError("not_found", `There is no batch "${shown}" of files for ${collection}.`);
  }
  async function get(key: BatchKey): Promise<FileBatch> {
    const { kysely } = await database();
    const row = await getBatch(key);
    return toBatch(row, await countFiles(kysely, row.number));
  }
  async function findPosition({ number }: BatchRow, fileId: string): Promise<number> {
    const { kysely } = await database();
    const row = await kysely
      .selectFrom("file_batch_item")
      .select("position")
      .where("batch_number", "=", number)
      .where("file_id", "=", fileId)
      .executeTakeFirst();
    if (row) return row.position;
    const shown = fileId.slice(0, maxShownCharacters);
    throw new AppError("invalid_request", `after is "${shown}", which is no file of the batch`);
  }

  return {
    get,
    async create({ tenant, collection, files }) {
      const { kysely } = await database();
      const id = createBatchId();
      const { id: collectionId } = await getRow(kysely, collection);
      const row = {
        ...{ id, tenant, collection, collection_id: collectionId, status: "in_progress" },
        ...{ owner: processId, touched_at_ms: now(), created_at_ms: now() },
      };
      await kysely.transaction().execute(async (queries) => {
        await makePlace(queries);
        const { number } = await queries
          .insertInto("file_batch")
          .values(row)
          .returning("number")
          .executeTakeFirstOrThrow();
        await insertFiles(queries, number, files);
      });
      return await get({ tenant, collection, id });
    },
    async cancel(key) {
      const { kysely } = await database();
      const { number } = await getBatch(key);
      await kysely.transaction().execute((queries) => cancelBatch(queries, number));
      return await get(key);
    },
    async listFiles(key, { limit, after, status }) {
      const { kysely } = await database();
      const row = await getBatch(key);
      let query = kysely
        .selectFrom("file_batch_item")
        .select(fileColumns)
        .where("batch_number", "=", row.number)
        .orderBy("position")
        .limit(limit);
      if (after !== undefined) query = query.where("position", ">", await findPosition(row, after));
      if (status !== undefined) query = query.where("status", "=", status);
      return (await query.execute()).map(toBatchFile);
    },
    async countUnfinished() {
      const { kysely } = await database();
      return await countUnfinishedFiles(kysely);
    },
    async listUnfinished(page) {
      const { kysely } = await database();
      return await listUnfinishedFiles(kysely, page);
    },
  };
}

async function insertFiles(
  queries: Queries,
  batchNumber: number,
  files: NewFileBatch["files"],
): Promise<void> {
  const pace = createPace(new AbortController().signal);
  const rows = files.map(({ fileId, attributes }, position) => ({
    ...{ batch_number: batchNumber, position, file_id: fileId, attributes: JSON.stringify(attributes) },
    ...{ status: "in_progress", error_code: null, error_message: null },
  }));
  for (let start = 0; start < rows.length; start += insertedAtOnce) {
    const some = rows.slice(start, start + insertedAtOnce);
    await queries.insertInto("file_batch_item").values(some).execute();
    if (pace.isDue()) await pace.rest();
  }
}

/** One that has ended stays as it is. */
async function cancelBatch(queries: Queries, number: number): Promise<void> {
  const { numUpdatedRows } = await queries
    .updateTable("file_batch")
    .set({ status: "cancelled", owner: null })
    .where("number", "=", number)
    .where("status", "=", "in_progress")
    .executeTakeFirstOrThrow();
  if (numUpdatedRows === 0n) return;
  await queries
    .updateTable("file_batch_item")
    .set({ status: "cancelled" })
    .where("batch_number", "=", number)
    .where("status", "=", "in_progress")
    .execute();
}

/** As clients of OpenAI's know it. */
function createBatchId(): string {
  return createId("vsfb").replace("-", "_");
}

import type { Selectable } from "kysely";
import type { FileBatchTable, Queries } from "../../store/index.ts";
import type { BatchFile, BatchFileError, BatchStatus, FileBatch, FileCounts } from "./file-batch.ts";

export type BatchRow = Selectable<FileBatchTable>;

/** What is shown of a file. */
export const fileColumns = ["file_id", "attributes", "status", "error_code", "error_message"] as const;

export async function countFiles(queries: Queries, batchNumber: number): Promise<FileCounts> {
  const rows = await queries
    .selectFrom("file_batch_item")
    .select(({ fn }) => ["status", fn.countAll<number>().as("count")])
    .where("batch_number", "=", batchNumber)
    .groupBy("status")
    .execute();
  const counts = { in_progress: 0, completed: 0, failed: 0, cancelled: 0 };
  for (const { status, count } of rows) counts[status as BatchStatus] = Number(count);
  return counts;
}

export function toBatch(row: BatchRow, counts: FileCounts): FileBatch {
  const { id, collection, status, created_at_ms: createdAtMs } = row;
  return { id, collection, status: status as BatchStatus, counts, createdAtMs };
}

export function toBatchFile(row: {
  readonly file_id: string;
  readonly attributes: string;
  readonly status: string;
  readonly error_code: string | null;
  readonly error_message: string | null;
}): BatchFile {
  const { file_id: fileId, error_code: code, error_message: message } = row;
  return {
    ...{ fileId, attributes: JSON.parse(row.attributes), status: row.status as BatchStatus },
    ...(code !== null && message !== null && { error: { code: code as BatchFileError["code"], message } }),
  };
}

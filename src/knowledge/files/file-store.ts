import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import {
  AppError,
  createId,
  ensureOwnFolder,
  nextTurn,
  toAppError,
  toDiskError,
  writeWhole,
} from "../../base/index.ts";
import type { Database } from "../../store/index.ts";
import type { KnowledgeDeps } from "../deps.ts";
import { removeStrayContents } from "./stray-contents.ts";

export type UploadedFile = {
  readonly id: string;
  readonly filename: string;
  readonly purpose: string;
  readonly bytes: number;
  readonly createdAtMs: number;
};

export type NewFile = {
  readonly filename: string;
  readonly purpose: string;
  readonly content: Uint8Array;
};

/** Files that clients uploaded. Each belongs to the API key that sent it; others are told that it is not there. */
export type FileStore = {
  /** Throws AppError: disk_full, conflict where the key has as many as it may. */
  add(tenant: string, file: NewFile): Promise<UploadedFile>;
  /** Throws AppError not_found. */
  get(tenant: string, id: string): Promise<UploadedFile>;
  /** Throws AppError not_found naming the first that is not there. */
  requireAll(tenant: string, ids: readonly string[]): Promise<void>;
  /** The newest first. Throws AppError invalid_request for a page that begins nowhere. */
  list(
    tenant: string,
    page: { readonly limit: number; readonly after?: string },
  ): Promise<readonly UploadedFile[]>;
  /** Throws AppError not_found. */
  read(tenant: string, id: string): Promise<Uint8Array>;
  /** Throws AppError not_found. What was made of it in collections stays. */
  remove(tenant: string, id: string): Promise<void>;
};

export type FileStoreOptions = Pick<KnowledgeDeps, "database" | "now" | "logger"> & {
  /** Where contents lie; made with the first one. */
  readonly folder: string;
};

/** Files of one API key; an upload beyond them is refused. */
export const maxFilesPerTenant = 10_000;
/** Files that one statement looks for. */
const requiredAtOnce = 500;
const privateFileMode = 0o600;

export function createFileStore({ database, folder, now, logger }: FileStoreOptions): FileStore {
  /** Once for each process, with its first upload. */
  let tidying: Promise<void> | undefined;

  async function tidy(): Promise<void> {
    try {
      await removeStrayContents({ database, folder, now });
    } catch (error) {
      logger.warn("files_untidied", { folder, error: toAppError(error).message });
    }
  }
  async function find(tenant: string, id: string) {
    const { kysely } = await database();
    return await kysely
      .selectFrom("file")
      .selectAll()
      .where("id", "=", id)
      .where("tenant", "=", tenant)
      .executeTakeFirst();
  }
  async function get(tenant: string, id: string): Promise<UploadedFile> {
    const row = await find(tenant, id);
    if (row) return toFile(row);
    throw noFile(id);
  }
  async function findLast(tenant: string, after: string) {
    const row = await find(tenant, after);
    if (row) return row;
    throw new AppError("invalid_request", `after is "${after}", which is no file that is here`);
  }

  return {
    get,
    async add(tenant, { filename, purpose, content }) {
      const { kysely } = await database();
      await refuseMore(kysely, tenant);
      const id = createId("file");
      const row = { id, tenant, filename, purpose, bytes: content.byteLength, created_at_ms: now() };
      ensureOwnFolder(folder);
      tidying ??= tidy();
      await tidying;
      write(folder, id, content);
      try {
        await kysely.insertInto("file").values(row).execute();
      } catch (error) {
        rmSync(join(folder, id), { force: true });
        throw error;
      }
      return toFile(row);
    },
    async requireAll(tenant, ids) {
      const { kysely } = await database();
      for (let start = 0; start < ids.length; start += requiredAtOnce) {
        const some = ids.slice(start, start + requiredAtOnce);
        const rows = await kysely
          .selectFrom("file")
          .select("id")
          .where("tenant", "=", tenant)
          .where("id", "in", some)
          .execute();
        const known = new Set(rows.map(({ id }) => id));
        const missing = some.find((id) => !known.has(id));
        if (missing !== undefined) throw noFile(missing);
        await nextTurn();
      }
    },
    async list(tenant, { limit, after }) {
      const { kysely } = await database();
      const last = after === undefined ? undefined : await findLast(tenant, after);
      let query = kysely.selectFrom("file").selectAll().where("tenant", "=", tenant);
      if (last) {
        query = query.where(({ eb, and, or }) =>
          or([
            eb("created_at_ms", "<", last.created_at_ms),
            and([eb("created_at_ms", "=", last.created_at_ms), eb("id", ">", last.id)]),
          ]),
        );
      }
      const rows = await query.orderBy("created_at_ms", "desc").orderBy("id").limit(limit).execute();
      return rows.map(toFile);
    },
    async read(tenant, id) {
      const file = await get(tenant, id);
      const path = join(folder, file.id);
      if (existsSync(path)) return readFileSync(path);
      throw new AppError("server_error", `the content of ${id} is gone from ${folder}; upload it again`);
    },
    async remove(tenant, id) {
      await get(tenant, id);
      const { kysely } = await database();
      await kysely.deleteFrom("file").where("id", "=", id).where("tenant", "=", tenant).execute();
      rmSync(join(folder, id), { force: true });
    },
  };
}

function noFile(id: string): AppError {
  return new AppError("not_found", `There is no file "${id}"; GET /v1/files lists those that are here.`);
}

async function refuseMore(kysely: Database["kysely"], tenant: string): Promise<void> {
  const { count } = await kysely
    .selectFrom("file")
    .select(({ fn }) => fn.countAll<number>().as("count"))
    .where("tenant", "=", tenant)
    .executeTakeFirstOrThrow();
  if (Number(count) < maxFilesPerTenant) return;
  throw new AppError(
    "conflict",
    `there are ${maxFilesPerTenant} files already; delete some to upload others`,
  );
}

function write(folder: string, id: string, content: Uint8Array): void {
  try {
    writeWhole(folder, id, content, privateFileMode);
  } catch (error) {
    throw toDiskError(`store the file in ${folder}`, error);
  }
}

function toFile(row: {
  readonly id: string;
  readonly filename: string;
  readonly purpose: string;
  readonly bytes: number;
  readonly created_at_ms: number;
}): UploadedFile {
  const { id, filename, purpose, bytes, created_at_ms: createdAtMs } = row;
  return { id, filename, purpose, bytes, createdAtMs };
}

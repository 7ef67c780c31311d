/** Stored runs. A run belongs to one process at a time; one whose process has died counts as failed. */
import { sql } from "kysely";
import { AppError, createId } from "../../base/index.ts";
import type { JsonValue } from "../../contract/index.ts";
import type { Database, Queries } from "../../store/index.ts";
import type { Run, RunEnd, RunKind, RunPart, RunStatus, StoredRun } from "./run.ts";

/** Of runs beyond these the oldest are forgotten with their parts. */
export const maxRuns = 1_000;
/** Of all runs with their parts; beyond it too the oldest are forgotten. */
const maxStoredBytes = 2 ** 30;
const maxListed = 100;
/** Of an id that nobody knows, in the error about it. */
const maxShownCharacters = 100;
/** Whose runs those of the command line are: a server without keys shows them too. */
export const localTenant = "local";

export type NewRun = {
  readonly kind: RunKind;
  readonly name: string;
  readonly model: string;
  readonly spec: JsonValue;
};

export type RunStore = {
  /** The runs of one tenant: those of others are not found there. */
  of(tenant: string): RunStore;
  create(run: NewRun): Promise<StoredRun>;
  /** Throws AppError not_found. */
  get(id: string): Promise<StoredRun>;
  /** The newest first. */
  list(kind?: RunKind): Promise<readonly Run[]>;
  /** Takes a run that did not complete to go on with it. Throws AppError conflict where it completed or still runs. */
  claim(id: string): Promise<StoredRun>;
  /** Adds what was done of it; a part of a key that is there is replaced. */
  addPart(id: string, part: RunPart): Promise<void>;
  end(id: string, end: RunEnd): Promise<void>;
};

export type RunStoreOptions = {
  database(): Promise<Database>;
  readonly now: () => number;
  readonly processId: number;
  readonly isAlive: (processId: number) => boolean;
  /** Absent: 1 GiB. */
  readonly maxBytes?: number;
};

type RunRow = {
  readonly id: string;
  readonly kind: string;
  readonly name: string;
  readonly model: string;
  readonly status: string;
  readonly error: string | null;
  readonly owner: number | null;
  readonly created_at_ms: number;
  readonly updated_at_ms: number;
};

const summaryColumns = [
  ...(["id", "kind", "name", "model", "status", "error", "owner"] as const),
  ...(["created_at_ms", "updated_at_ms"] as const),
];
const died = {
  code: "host_died",
  message: "the process that worked on it ended; resume it to go on from there",
};

/** All runs, whoever asked for them. */
export function createRunStore(options: RunStoreOptions): RunStore {
  return createScopedStore(options, undefined);
}

function createScopedStore(options: RunStoreOptions, tenant: string | undefined): RunStore {
  const { database, now, processId, isAlive, maxBytes = maxStoredBytes } = options;
  async function find(id: string) {
    const { kysely } = await database();
    const query = kysely.selectFrom("judge_run").selectAll().where("id", "=", id);
    return await (tenant === undefined ? query : query.where("tenant", "=", tenant)).executeTakeFirst();
  }
  async function get(id: string): Promise<StoredRun> {
    const { kysely } = await database();
    const row = await find(id);
    if (!row)
      throw new AppError(
        "not_found",
        `there is no run "${id.slice(0, maxShownCharacters)}"; list the runs to see which are kept`,
      );
    const parts = await kysely
      .selectFrom("judge_run_part")
      .select(["key", "position", "result"])
      .where("run_id", "=", id)
      .orderBy("position")
      .execute();
    return {
      ...toRun(row, isAlive),
      spec: JSON.parse(row.spec),
      ...(row.result !== null && { result: JSON.parse(row.result) }),
      parts: parts.map((part) => ({ ...part, result: JSON.parse(part.result) })),
    };
  }
  return {
    of: (other) => createScopedStore(options, other),
    get,
    async create({ kind, name, model, spec }) {
      const { kysely } = await database();
      const id = createId("run");
      const times = { created_at_ms: now(), updated_at_ms: now() };
      await kysely.transaction().execute(async (queries) => {
        await queries
          .insertInto("judge_run")
          .values({
            ...{ id, kind, name, model, status: "running", spec: JSON.stringify(spec) },
            ...{ result: null, error: null, tenant: tenant ?? localTenant, owner: processId, ...times },
          })
          .execute();
        await forgetOldest(queries, maxBytes);
      });
      return await get(id);
    },
    async list(kind) {
      const { kysely } = await database();
      let query = kysely
        .selectFrom("judge_run")
        .select(summaryColumns)
        .orderBy("created_at_ms", "desc")
        .limit(maxListed);
      if (kind !== undefined) query = query.where("kind", "=", kind);
      if (tenant !== undefined) query = query.where("tenant", "=", tenant);
      return (await query.execute()).map((row) => toRun(row, isAlive));
    },
    async claim(id) {
      const { kysely } = await database();
      const row = await find(id);
      const status = row && toRun(row, isAlive).status;
      if (status === "completed")
        throw new AppError("conflict", `the run ${id} is complete; begin a new one`);
      if (row && status !== "running") {
        const claimed = await kysely
          .updateTable("judge_run")
          .set({ status: "running", error: null, owner: processId, updated_at_ms: now() })
          .where("id", "=", id)
          .where("updated_at_ms", "=", row.updated_at_ms)
          .where("status", "=", row.status)
          .executeTakeFirst();
        if (claimed.numUpdatedRows > 0n) return await get(id);
      }
      if (row) throw new AppError("conflict", `the run ${id} is still being worked on`);
      return await get(id);
    },
    async addPart(id, { key, position, result }) {
      const { kysely } = await database();
      await kysely
        .replaceInto("judge_run_part")
        .values({ run_id: id, key, position, result: JSON.stringify(result) })
        .execute();
    },
    async end(id, end) {
      const { kysely } = await database();
      const outcome =
        end.status === "completed"
          ? { result: JSON.stringify(end.result), error: null }
          : { error: JSON.stringify(end.error) };
      await kysely
        .updateTable("judge_run")
        .set({ status: end.status, owner: null, updated_at_ms: now(), ...outcome })
        .where("id", "=", id)
        .execute();
    },
  };
}

/** Runs that are being worked on stay, however old they are. */
async function forgetOldest(queries: Queries, maxBytes: number): Promise<void> {
  const bytes = sql<number>`octet_length(spec) + coalesce(octet_length(result), 0) + coalesce(
    (select sum(octet_length(part.result)) from judge_run_part part where part.run_id = judge_run.id), 0)`;
  const rows = await queries
    .selectFrom("judge_run")
    .select(["id", "status", bytes.as("bytes")])
    .orderBy("created_at_ms", "desc")
    .execute();
  let sum = 0;
  const beyond = rows.filter((row, index) => {
    sum += row.bytes;
    return index >= maxRuns || (index > 0 && sum > maxBytes);
  });
  const ids = beyond.flatMap(({ id, status }) => (status === "running" ? [] : [id]));
  if (ids.length > 0) await queries.deleteFrom("judge_run").where("id", "in", ids).execute();
}

function toRun(row: RunRow, isAlive: (processId: number) => boolean): Run {
  const isLeft = row.status === "running" && (row.owner === null || !isAlive(row.owner));
  const error = isLeft ? died : row.error === null ? undefined : JSON.parse(row.error);
  return {
    ...{ id: row.id, name: row.name, model: row.model },
    kind: row.kind as RunKind,
    status: isLeft ? "failed" : (row.status as RunStatus),
    ...(error !== undefined && { error }),
    ...{ createdAtMs: row.created_at_ms, updatedAtMs: row.updated_at_ms },
  };
}

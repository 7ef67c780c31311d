import type { JsonObject } from "../../contract/index.ts";
import type { CoordinatorDeps } from "../deps.ts";

/** How sure a local model has to be for its answer to stay. It belongs to one model, told by its digest. */
export type CalibratedBar = {
  readonly modelDigest: string;
  readonly model: string;
  /** From 0 to 1. */
  readonly bar: number;
  /** What was wanted, and the curve that the bar was chosen from. */
  readonly report: JsonObject;
  readonly createdAtMs: number;
};

export type BarStore = {
  find(modelDigest: string): Promise<CalibratedBar | undefined>;
  /** Takes the place of what the model had. */
  save(bar: Omit<CalibratedBar, "createdAtMs">): Promise<CalibratedBar>;
  list(): Promise<readonly CalibratedBar[]>;
};

const maxListed = 100;

export function createBarStore({ database, now }: Pick<CoordinatorDeps, "database" | "now">): BarStore {
  return {
    async find(modelDigest) {
      const { kysely } = await database();
      const row = await kysely
        .selectFrom("route_bar")
        .selectAll()
        .where("model_digest", "=", modelDigest)
        .executeTakeFirst();
      return row && toBar(row);
    },
    async save({ modelDigest, model, bar, report }) {
      const { kysely } = await database();
      const row = {
        ...{ model_digest: modelDigest, model, bar },
        ...{ report: JSON.stringify(report), created_at_ms: now() },
      };
      await kysely.replaceInto("route_bar").values(row).execute();
      return toBar(row);
    },
    async list() {
      const { kysely } = await database();
      const rows = await kysely
        .selectFrom("route_bar")
        .selectAll()
        .orderBy("model")
        .limit(maxListed)
        .execute();
      return rows.map(toBar);
    },
  };
}

type BarRow = {
  readonly model_digest: string;
  readonly model: string;
  readonly bar: number;
  readonly report: string;
  readonly created_at_ms: number;
};

function toBar(row: BarRow): CalibratedBar {
  return {
    ...{ modelDigest: row.model_digest, model: row.model, bar: row.bar },
    ...{ report: JSON.parse(row.report), createdAtMs: row.created_at_ms },
  };
}

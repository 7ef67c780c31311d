import { hashText } from "../../base/index.ts";
import type { JsonValue } from "../../contract/index.ts";
import type { Database } from "../../store/index.ts";
import { defaultRubric } from "../validation/rubric/rate-answer.ts";
import { writeRubricTask } from "../validation/rubric/rubric-prompt.ts";
import type { Baseline } from "./baseline.ts";
import { definitionVersion, type Plan } from "./plan.ts";
import { fromWire, toWire } from "./wire-names.ts";

/** Of more the least recently used are forgotten. */
const maxBaselines = 1_000;
export const baselineTtlMs = 30 * 24 * 3_600_000;

/** Baselines that were measured, in the database: one row each, so that writers do not lose each other's. */
export type BaselineCache = {
  /** Undefined where there is none or it is too old. */
  find(key: string): Promise<Baseline | undefined>;
  /** Replaces the one of that key. One that was judged in part only is not kept. */
  keep(key: string, baseline: Baseline): Promise<void>;
};

export type BaselineCacheOptions = {
  database(): Promise<Database>;
  readonly now: () => number;
  readonly maxEntries?: number;
  readonly ttlMs?: number;
};

export function createBaselineCache(options: BaselineCacheOptions): BaselineCache {
  const { database, now, maxEntries = maxBaselines, ttlMs = baselineTtlMs } = options;
  return {
    async find(key) {
      const { kysely } = await database();
      const row = await kysely
        .updateTable("coordination_baseline")
        .set({ used_at_ms: now() })
        .where("key", "=", key)
        .where("created_at_ms", ">", now() - ttlMs)
        .returning("value")
        .executeTakeFirst();
      return row && fromWire<Baseline>(JSON.parse(row.value));
    },
    async keep(key, baseline) {
      if (baseline.answers.some(({ quality }) => !quality.scored)) return;
      const { kysely } = await database();
      const value = JSON.stringify(toWire(baseline));
      await kysely
        .replaceInto("coordination_baseline")
        .values({ key, value, created_at_ms: now(), used_at_ms: now() })
        .execute();
      const kept = kysely
        .selectFrom("coordination_baseline")
        .select("key")
        .orderBy("used_at_ms", "desc")
        .limit(maxEntries);
      await kysely
        .deleteFrom("coordination_baseline")
        .where((where) =>
          where.or([where("key", "not in", kept), where("created_at_ms", "<=", now() - ttlMs)]),
        )
        .execute();
    },
  };
}

/**
 * SHA-256 of all that changes the measurement. Without a seed that was asked for, any earlier measurement of the same
 * repeat will do: the answers are independent either way.
 */
export function baselineKey({ spec, agents, judge }: Plan, repeat: number): string {
  const { criteria = defaultRubric, reference = null } = spec;
  const hasReference = reference !== null;
  const content: JsonValue = {
    task: spec.task,
    num_agents: agents.length,
    models: agents.map(({ digest }) => digest),
    judge: judge.type === "model" ? judge.model.digest : "reference",
    criteria,
    reference,
    temperature: spec.temperature,
    sampling: { max_tokens: spec.maxTokens, seed: spec.seed ?? null, repeat },
    // Agents are asked the bare task; the judge's own words change what it scores.
    prompts: writeRubricTask({ criteria, hasReference, hasContext: false, explain: false }),
    version: definitionVersion,
  };
  return hashText(toCanonicalJson(content));
}

/** One text for equal values, however their properties are ordered. */
function toCanonicalJson(value: JsonValue): string {
  if (Array.isArray(value)) return `[${value.map(toCanonicalJson).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).toSorted(([left], [right]) => (left < right ? -1 : 1));
  return `{${entries.map(([name, item]) => `${JSON.stringify(name)}:${toCanonicalJson(item)}`).join(",")}}`;
}

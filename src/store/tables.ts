import type { Generated, Kysely } from "kysely";
import type { CacheTables } from "./cache-tables.ts";
import type { FileTables } from "./file-tables.ts";
import type { KnowledgeTables } from "./knowledge-tables.ts";
import type { LearningTables } from "./learning-tables.ts";
import type { RouteTables } from "./routes-tables.ts";

/** A set of files, settings and what is known of them; several names may share one. */
export type ManifestTable = {
  readonly id: Generated<number>;
  /** `sha256:` and the digest of `content` and `settings`. */
  readonly digest: string;
  /** JSON, as is `settings`; written and read by `models/store`. */
  readonly content: string;
  /** Apart, for it may hold long texts that listings do not look at. */
  readonly settings: string;
  readonly created_at_ms: number;
};

/** A name and what it stands for. */
export type ModelTable = {
  readonly name: string;
  readonly manifest_id: number;
  readonly created_at_ms: number;
  readonly modified_at_ms: number;
};

/** A blob that a manifest refers to, once however often it does. */
export type ManifestBlobTable = {
  readonly manifest_id: number;
  readonly blob: string;
  readonly bytes: number;
};

/** How often a name was used, whether or not its model is stored here. */
export type ModelUseTable = {
  readonly name: string;
  readonly uses: number;
  readonly last_used_at_ms: number;
};

/** What the header of a file in place said. */
export type HeaderNoteTable = {
  readonly id: Generated<number>;
  /** Changes with the file's path, size and time. */
  readonly key: string;
  /** JSON. */
  readonly note: string;
};

/** A plugin that an administrator added. */
export type PluginTable = {
  readonly name: string;
  /** Hexadecimal, of the file; it is checked each time the plugin is loaded. */
  readonly sha256: string;
  readonly source: string;
  /** JSON, as are the three that follow; written and read by `plugin-host`. */
  readonly manifest: string;
  readonly grants: string;
  /** Holds secrets. */
  readonly config: string;
  readonly limits: string;
  readonly public_key: string | null;
  readonly enabled: number;
  readonly added_at_ms: number;
  readonly last_strike_at_ms: number | null;
  readonly quarantined_at_ms: number | null;
  /** JSON: code, message and when. */
  readonly last_error: string | null;
};

/** What a plugin keeps between calls. */
export type PluginKvTable = {
  readonly plugin: string;
  readonly key: string;
  readonly value: Uint8Array;
};

/** A suite, a comparison or a coordination that was begun. */
export type JudgeRunTable = {
  readonly id: string;
  readonly kind: string;
  readonly name: string;
  readonly model: string;
  readonly status: string;
  /** JSON, as are `result` and `error`; written and read by `judges/runs`. */
  readonly spec: string;
  readonly result: string | null;
  readonly error: string | null;
  /** Who asked for it: one value an API key. */
  readonly tenant: string;
  /** Process that works on it; null where none does. */
  readonly owner: number | null;
  readonly created_at_ms: number;
  readonly updated_at_ms: number;
};

/** What was done of a run: one part once, however often the run is resumed. */
export type JudgeRunPartTable = {
  readonly run_id: string;
  readonly key: string;
  readonly position: number;
  /** JSON. */
  readonly result: string;
};

/** A score of a task that is judged again and again. */
export type JudgeScoreTable = {
  readonly id: Generated<number>;
  /** Hash of task, model, judge and criteria. */
  readonly series: string;
  readonly score: number;
  readonly at_ms: number;
};

/** Answers without coordination, judged, to compare coordinated ones with. */
export type CoordinationBaselineTable = {
  /** Hash of all that changes the measurement. */
  readonly key: string;
  /** JSON. */
  readonly value: string;
  readonly created_at_ms: number;
  readonly used_at_ms: number;
};

/** What agents have cost. */
export type CoordinationSpendTable = {
  readonly id: Generated<number>;
  /** Who pays: one value an API key. */
  readonly tenant: string;
  readonly agent: string;
  readonly tokens: number;
  readonly usd: number;
  readonly at_ms: number;
};

/** Bars of the trajectory gate that were calibrated for a model. */
export type TrajectoryThresholdTable = {
  readonly model_digest: string;
  /** JSON, as is `report`. */
  readonly thresholds: string;
  readonly report: string;
  readonly created_at_ms: number;
};

export type Tables = {
  readonly manifest: ManifestTable;
  readonly model: ModelTable;
  readonly manifest_blob: ManifestBlobTable;
  readonly model_use: ModelUseTable;
  readonly header_note: HeaderNoteTable;
  readonly plugin: PluginTable;
  readonly plugin_kv: PluginKvTable;
  readonly judge_run: JudgeRunTable;
  readonly judge_run_part: JudgeRunPartTable;
  readonly judge_score: JudgeScoreTable;
  readonly coordination_baseline: CoordinationBaselineTable;
  readonly coordination_spend: CoordinationSpendTable;
  readonly trajectory_threshold: TrajectoryThresholdTable;
} & KnowledgeTables &
  CacheTables &
  RouteTables &
  LearningTables &
  FileTables;

/** Where queries start. A transaction is one too. */
export type Queries = Kysely<Tables>;

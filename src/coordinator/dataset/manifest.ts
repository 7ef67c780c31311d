import type { JsonObject } from "../../contract/index.ts";
import type { LeftOut } from "./choose-candidates.ts";
import type { DatasetRequest } from "./export-request.ts";
import { duplicateCosine, groupCosine } from "./likeness.ts";
import type { DatasetFile } from "./write-dataset.ts";

const manifestVersion = 1;
/** Fewer seldom change what a model does. */
export const advisedRows = 500;

/** What was exported, and what was not. */
export type DatasetReport = {
  readonly request: DatasetRequest;
  readonly createdAtMs: number;
  readonly considered: number;
  readonly leftOut: LeftOut;
  readonly train: number;
  readonly validation: number;
  /** Places of each class that were taken out of the rows that are written. */
  readonly scrubbed: ReadonlyMap<string, number>;
  /** Rows by the model that answered. */
  readonly models: ReadonlyMap<string, number>;
  readonly embedder: string;
  /** Why words took the place of the configured model. */
  readonly embedderFault?: string;
  /** None where there was nothing to write. */
  readonly files: readonly DatasetFile[];
};

/** As it is written beside the files, and told to programs. */
export function toManifest(report: DatasetReport): JsonObject {
  const { request, embedder, embedderFault } = report;
  return {
    ...{ manifest_version: manifestVersion, created_at: new Date(report.createdAtMs).toISOString() },
    ...{ format: request.format, seed: request.seed },
    filter: {
      ...{ consent: true, private: false, outcome: "success", confirmed: true },
      ...{ min_value: request.minValue, max_rows: request.maxRows },
    },
    considered: report.considered,
    left_out: { ...report.leftOut },
    rows: { train: report.train, validation: report.validation },
    validation_share: request.validationShare,
    scrubbed: toSorted(report.scrubbed),
    models: toSorted(report.models),
    similarity: {
      ...{ embedder, duplicate_at: duplicateCosine, same_side_at: groupCosine },
      ...(embedderFault !== undefined && { fault: embedderFault }),
    },
    files: report.files.map((file) => ({ ...file })),
    advice: [...listAdvice(report)],
  };
}

/** What a person should know before training with it. */
export function listAdvice(report: DatasetReport): readonly string[] {
  const { train, validation, request, embedderFault } = report;
  const rows = train + validation;
  const isUnsplit = rows > 0 && validation === 0 && request.validationShare > 0;
  return [
    ...(rows > 0 && rows < advisedRows
      ? [`${rows} rows are few: ${advisedRows} or more are advised before training`]
      : []),
    ...(isUnsplit ? ["no row is kept for validation: every group of rows is larger than its share"] : []),
    ...(embedderFault === undefined ? [] : [`rows were compared by their words: ${embedderFault}`]),
  ];
}

function toSorted(counts: ReadonlyMap<string, number>): JsonObject {
  return Object.fromEntries([...counts].sort(([left], [right]) => (left < right ? -1 : 1)));
}

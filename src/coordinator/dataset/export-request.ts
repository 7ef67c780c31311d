import { AppError } from "../../base/index.ts";

export const datasetFormats = ["chat", "instruction", "instruction-input"] as const;
export type DatasetFormat = (typeof datasetFormats)[number];

export const defaultMinValue = 0.7;
export const defaultValidationShare = 0.1;
const maxValidationShare = 0.5;
/** Each row is compared with each other one. */
export const defaultMaxRows = 5_000;
export const maxRowsOfAll = 10_000;
const maxSeed = 2 ** 31 - 1;

export type DatasetRequest = {
  readonly format: DatasetFormat;
  /** What an interaction is worth at least, from 0 to 1. */
  readonly minValue: number;
  /** Share of the rows that are kept for validation, from 0 to 0.5. */
  readonly validationShare: number;
  /** Where there are more, those of the highest value. */
  readonly maxRows: number;
  /** Chooses which rows are kept for validation. */
  readonly seed: number;
  /** Absent: the interactions of all. */
  readonly tenant?: string;
};

/** The request with its defaults. Throws AppError invalid_request that names the field and what was given. */
export function toDatasetRequest(asked: Partial<DatasetRequest>): DatasetRequest {
  const { format = "chat", tenant } = asked;
  if (!datasetFormats.includes(format)) {
    throw refuse("format", `there is no "${String(format)}"; there are ${datasetFormats.join(", ")}`);
  }
  const share = { name: "validation", least: 0, most: maxValidationShare };
  return {
    format,
    minValue: check(asked.minValue ?? defaultMinValue, { name: "min_value", least: 0, most: 1 }),
    validationShare: check(asked.validationShare ?? defaultValidationShare, share),
    maxRows: check(asked.maxRows ?? defaultMaxRows, {
      ...{ name: "max_rows", least: 1, most: maxRowsOfAll, isWhole: true },
    }),
    seed: check(asked.seed ?? 0, { name: "seed", least: 0, most: maxSeed, isWhole: true }),
    ...(tenant !== undefined && { tenant }),
  };
}

type Range = {
  readonly name: string;
  readonly least: number;
  readonly most: number;
  readonly isWhole?: boolean;
};

function check(value: number, { name, least, most, isWhole = false }: Range): number {
  if (value >= least && value <= most && (!isWhole || Number.isInteger(value))) return value;
  const kind = isWhole ? "a whole number" : "a number";
  throw refuse(name, `expected ${kind} from ${least} to ${most}, got ${value}`);
}

function refuse(param: string, message: string): AppError {
  return new AppError("invalid_request", `${param}: ${message}`, { details: { param } });
}

import { basename } from "node:path";
import { AppError, hashText } from "../../base/index.ts";
import type { JsonObject } from "../../contract/index.ts";
import type { CoordinatorDeps } from "../deps.ts";
import { type Counter, chooseCandidates, createCounter } from "./choose-candidates.ts";
import { embedRows } from "./embed-rows.ts";
import { type DatasetRequest, toDatasetRequest } from "./export-request.ts";
import { type ComparedRow, groupRows } from "./group-rows.ts";
import { type InteractionText, readCandidates, readTexts } from "./interaction-rows.ts";
import { type DatasetReport, toManifest } from "./manifest.ts";
import { type DatasetRow, toLine } from "./row-line.ts";
import { type ConversationScrubber, createConversationScrubber } from "./scrub-conversation.ts";
import { splitRows } from "./split-rows.ts";
import { createStoredDatasets, type StoredDatasets } from "./stored-datasets.ts";
import { type DatasetFile, requireFreeFolder, writeDataset } from "./write-dataset.ts";

export type DatasetProgress = {
  readonly step: "scrub" | "embed" | "compare";
  readonly done: number;
  readonly total: number;
};

export type DatasetOptions = {
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: DatasetProgress) => void;
};

export type DatasetExport = (
  request: Partial<DatasetRequest> & { readonly folder: string },
  options: DatasetOptions,
) => Promise<DatasetReport>;

/** Training data of what went well. */
export type Dataset = {
  /**
   * Writes interactions that people consented to, scrubbed, without near-duplicates and split, to a folder that is not
   * there yet or empty. Where there is nothing to write the report says why and the folder stays as it is. Throws
   * AppError: `invalid_request`, `conflict` for a folder with files or while another export runs, `plugin_failed`
   * without the judge that scrubs, `disk_full`.
   */
  readonly export: DatasetExport;
  /** The exports that are kept for one tenant. */
  stored(tenant: string): StoredDatasets;
};

type Deps = Pick<
  CoordinatorDeps,
  "database" | "plugins" | "engine" | "settings" | "telemetry" | "now" | "nowMs"
>;

type ScrubbedRow = DatasetRow & {
  readonly position: number;
  readonly counts: ReadonlyMap<string, number>;
};

export function createDataset(deps: Deps): Dataset {
  const scrub = createConversationScrubber(deps);
  let isBusy = false;
  const exportOnce: DatasetExport = async ({ folder, ...asked }, options) => {
    const request = toDatasetRequest(asked);
    if (isBusy) {
      throw new AppError("conflict", "another data set is being exported; try again when it is done");
    }
    isBusy = true;
    try {
      await requireFreeFolder(folder);
      const report = await exportRows(deps, scrub, { request, folder, options });
      if (report.files.length > 0) tellExport(deps, folder, report);
      return report;
    } finally {
      isBusy = false;
    }
  };
  return {
    export: exportOnce,
    stored: (tenant) => createStoredDatasets({ database: deps.database, export: exportOnce }, tenant),
  };
}

function tellExport(
  { telemetry, settings }: Deps,
  folder: string,
  { train, validation }: DatasetReport,
): void {
  if (settings.interactions === "off") return;
  telemetry?.tell("fine_tuning_update", { dataset_id: basename(folder), samples: train + validation });
}

type Work = {
  readonly request: DatasetRequest;
  readonly folder: string;
  readonly options: DatasetOptions;
};

async function exportRows(
  deps: Deps,
  scrub: ConversationScrubber,
  { request, folder, options }: Work,
): Promise<DatasetReport> {
  const { signal } = options;
  const database = await deps.database();
  const counter = createCounter();
  const all = readCandidates(database, request.tenant, signal);
  const { considered, candidates } = await chooseCandidates(all, request, counter);
  const texts = readTexts(database, candidates, signal);
  const rows = await scrubRows(texts, { scrub, counter, total: candidates.length, options });
  const { embedder, fault, compared } = await compareRows(deps, rows, options);
  const grouped = await groupRows(compared, {
    ...{ signal, nowMs: deps.nowMs },
    onProgress: (done) => options.onProgress?.({ step: "compare", done, total: compared.length }),
  });
  for (let gone = grouped.length; gone < rows.length; gone++) counter.add("duplicates");
  const { train, validation } = splitRows(grouped, request);
  const kept = grouped.map(({ row }) => row);
  const toReport = (files: readonly DatasetFile[]): DatasetReport => ({
    ...{ request, considered, files, embedder, createdAtMs: deps.now(), leftOut: counter.counts },
    ...{ train: train.length, validation: validation.length },
    scrubbed: sumCounts(kept.map(({ counts }) => counts)),
    models: sumCounts(kept.map(({ model }) => new Map([[model, 1]]))),
    ...(fault !== undefined && { embedderFault: fault }),
  });
  if (kept.length === 0) return toReport([]);
  let report = toReport([]);
  const toLines = (own: readonly DatasetRow[]) => own.map((row) => toLine(row, request.format));
  const lines = { train: toLines(train), validation: toLines(validation) };
  await writeDataset(
    folder,
    lines,
    (files) => {
      report = toReport(files);
      return toManifest(report);
    },
    signal,
  );
  return report;
}

type ScrubWork = {
  readonly scrub: ConversationScrubber;
  readonly counter: Counter;
  readonly total: number;
  readonly options: DatasetOptions;
};

async function scrubRows(
  texts: AsyncIterable<InteractionText>,
  { scrub, counter, total, options: { signal, onProgress } }: ScrubWork,
): Promise<readonly ScrubbedRow[]> {
  const rows: ScrubbedRow[] = [];
  let done = 0;
  for await (const text of texts) {
    onProgress?.({ step: "scrub", done: ++done, total });
    if (text.query.trim() === "" || text.response.trim() === "") {
      counter.add("blank");
      continue;
    }
    const scrubbed = await scrub([text.query, text.response], signal);
    if (!scrubbed) {
      counter.add("not_scrubbed");
      continue;
    }
    const [query = "", response = ""] = scrubbed.texts;
    const { id, position, model, value, terms } = text;
    const hash = hashText(JSON.stringify([query, response]));
    rows.push({
      ...{ id, position, model, value, query, response, hash, counts: scrubbed.counts },
      terms: terms === null ? {} : (JSON.parse(terms) as JsonObject),
    });
  }
  return rows;
}

async function compareRows(
  deps: Deps,
  rows: readonly ScrubbedRow[],
  { signal, onProgress }: DatasetOptions,
): Promise<{
  readonly embedder: string;
  readonly fault?: string;
  readonly compared: readonly (ScrubbedRow & ComparedRow)[];
}> {
  const texts = rows.flatMap(({ query, response }) => [`${query}\n${response}`, query]);
  const { vectors, embedder, fault } = await embedRows(deps, texts, {
    signal,
    onProgress: (done) => onProgress?.({ step: "embed", done: Math.floor(done / 2), total: rows.length }),
  });
  const none = new Float32Array(0);
  const compared = rows.map((row, index) => ({
    ...row,
    ...{ whole: vectors[index * 2] ?? none, question: vectors[index * 2 + 1] ?? none },
  }));
  return { embedder, compared, ...(fault !== undefined && { fault }) };
}

function sumCounts(all: readonly ReadonlyMap<string, number>[]): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const counts of all) for (const [name, count] of counts) sums.set(name, (sums.get(name) ?? 0) + count);
  return sums;
}

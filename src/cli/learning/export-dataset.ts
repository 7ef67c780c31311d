import { resolve } from "node:path";
import {
  type DatasetFormat,
  type DatasetProgress,
  type DatasetReport,
  type DatasetRequest,
  datasetFormats,
  toManifest,
} from "../../coordinator/index.ts";
import type { ConfigFlags } from "../config-flags.ts";
import type { CliDeps } from "../deps.ts";
import { createCountLine } from "../judging/count-line.ts";
import { toJsonText } from "../table.ts";
import { asUsage, exitCodes, UsageError } from "../usage-error.ts";
import { withApp } from "../with-app.ts";
import type { ExportFlags } from "./dataset-command.ts";
import { explainNothing, formatReport } from "./dataset-text.ts";

export type ExportOptions = ConfigFlags & { readonly given: ExportFlags };

/** Writes training data to a folder. Nothing to write is no success: scripts go on with what is there. */
export async function exportDataset(deps: CliDeps, options: ExportOptions): Promise<number> {
  const { given } = options;
  const request = readRequest(given);
  const folder = resolve(given.out);
  return await withApp(deps, options, async ({ coordinator }, signal) => {
    const dataset = await coordinator.dataset();
    using line = createCountLine(deps.io.stderr);
    const onProgress = ({ step, done, total }: DatasetProgress) =>
      line.show({ done, total, text: `${stepTexts[step]} ${done} of ${total}` });
    const report = await asUsage(dataset.export({ ...request, folder }, { signal, onProgress }));
    line[Symbol.dispose]();
    return tell(deps, { report, folder, json: given.json ?? false });
  });
}

const stepTexts = { scrub: "scrubbed", embed: "read the meaning of", compare: "compared" } as const;

type Told = { readonly report: DatasetReport; readonly folder: string; readonly json: boolean };

function tell({ io }: CliDeps, { report, folder, json }: Told): number {
  const isWritten = report.files.length > 0;
  const body = { folder: isWritten ? folder : null, ...toManifest(report) };
  io.stdout.write(json ? `${toJsonText(body, 2)}\n` : formatReport(report, folder));
  if (isWritten) return exitCodes.success;
  io.stderr.write(`hearth: nothing was exported: ${explainNothing(report)}\n`);
  return exitCodes.failure;
}

function readRequest(flags: ExportFlags): Partial<DatasetRequest> {
  const { format, minValue, validation, maxRows, seed } = flags;
  return {
    ...(format !== undefined && { format: readFormat(format) }),
    ...(minValue !== undefined && { minValue: readNumber("--min-value", minValue) }),
    ...(validation !== undefined && { validationShare: readNumber("--validation", validation) }),
    ...(maxRows !== undefined && { maxRows: readNumber("--max-rows", maxRows) }),
    ...(seed !== undefined && { seed: readNumber("--seed", seed) }),
  };
}

function readFormat(given: string): DatasetFormat {
  const format = datasetFormats.find((known) => known === given);
  if (format) return format;
  throw new UsageError(`--format: there is no "${given}"; there are ${datasetFormats.join(", ")}`);
}

function readNumber(flag: string, given: string): number {
  const value = given.trim() === "" ? Number.NaN : Number(given);
  if (Number.isFinite(value)) return value;
  throw new UsageError(`${flag}: expected a number, got "${given}"`);
}

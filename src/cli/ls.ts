import { countBytes, type ModelLibrary, type ModelRecord } from "../models/index.ts";
import type { ConfigFlags } from "./config-flags.ts";
import type { CliDeps } from "./deps.ts";
import { describeCapabilities, type Measured, toListing } from "./listing.ts";
import { type BrokenModel, type OpenModels, openModels } from "./open-models.ts";
import { formatBytes, formatCount, formatTable, oneLine, toJsonText } from "./table.ts";
import { formatAgo } from "./times.ts";
import { exitCodes } from "./usage-error.ts";

const heads = ["NAME", "SOURCE", "SIZE", "SHARED", "PARAMETERS", "FORMAT", "CONTEXT", "LAST USE", "CAN"];
const nothing = "-";
/** Files that are left out and named; the others are counted. */
const maxProblems = 10;

/**
 * Lists every model at hand. One that the configuration names and that cannot be used is listed with the reason, and the
 * command ends with code 1; so it does where a damaged database hides the stored ones.
 */
export async function ls(
  deps: CliDeps,
  { json, ...flags }: ConfigFlags & { readonly json: boolean },
): Promise<number> {
  await using opened = await openModels(deps, flags);
  const [records, measured] = await Promise.all([opened.library.list(), opened.library.measure()]);
  const broken = [...opened.broken, ...findMissing(opened, records)];
  if (json) {
    const listings = records.map((record) => toListing(record, measured.get(record.name)));
    deps.io.stdout.write(`${toJsonText([...listings, ...broken], 2)}\n`);
  } else {
    const nowMs = Date.now();
    const rows = records.map((record) => toRow(record, measured.get(record.name), nowMs));
    deps.io.stdout.write(formatTable(heads, [...rows, ...broken.map(toBrokenRow)]));
    writeProblems(deps, opened.library.problems());
  }
  const damage = opened.library.damage();
  if (damage) deps.io.stderr.write(`hearth: stored models cannot be listed: ${damage.message}\n`);
  return broken.length > 0 || damage ? exitCodes.failure : exitCodes.success;
}

/** Files that lie in a folder of models and are not listed. */
function writeProblems({ io }: CliDeps, problems: ReturnType<ModelLibrary["problems"]>): void {
  for (const { path, reason } of problems.slice(0, maxProblems))
    io.stderr.write(`${oneLine(path)} is left out: ${oneLine(reason)}\n`);
  if (problems.length > maxProblems)
    io.stderr.write(`and ${problems.length - maxProblems} more files are left out\n`);
}

function findMissing({ library }: OpenModels, records: readonly ModelRecord[]): readonly BrokenModel[] {
  const names = new Set(records.map(({ name }) => name));
  return library.configured
    .filter((name) => !names.has(name))
    .map((name) => ({ name, error: `there is no such model here; fetch it with hearth pull ${name}` }));
}

function toRow(record: ModelRecord, measured: Measured | undefined, nowMs: number): string[] {
  const { summary, lastUsedAtMs } = record;
  return [
    oneLine(record.name),
    record.source,
    formatBytes(countBytes(record)),
    measured === undefined ? nothing : formatBytes(measured.sharedBytes),
    formatCount(summary.parameters),
    oneLine(summary.quantisation),
    String(summary.trainedContextTokens ?? nothing),
    lastUsedAtMs === undefined ? nothing : formatAgo(lastUsedAtMs, nowMs),
    describeCapabilities(record),
  ];
}

function toBrokenRow({ name, error }: BrokenModel): string[] {
  return [oneLine(name), nothing, nothing, nothing, nothing, nothing, nothing, nothing, oneLine(error)];
}

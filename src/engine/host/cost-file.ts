/** Keeps a model's step costs between starts. A file that cannot be read or written only means measuring again. */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ContextFacts } from "./backend.ts";
import { type CostRecord, CostTable } from "./cost-table.ts";
import type { LoadOptions } from "./load-options.ts";

export type CostFile = { readonly costs: CostTable; save(): void };

/** Costs hold for one model file, on one machine, with one number of threads and one cache type. */
export function openCostFile(options: LoadOptions, context: ContextFacts): CostFile {
  if (options.stateDir === undefined) return { costs: new CostTable(), save: () => {} };
  const { stateDir } = options;
  const file = join(stateDir, `step-costs-${fingerprint(options, context)}.json`);
  const costs = new CostTable(read(file));
  let saved = JSON.stringify(costs.toRecord());
  return {
    costs,
    save() {
      const text = JSON.stringify(costs.toRecord());
      if (text === saved) return;
      saved = text;
      try {
        mkdirSync(stateDir, { recursive: true, mode: 0o700 });
        const temporary = `${file}.${process.pid}`;
        writeFileSync(temporary, text, { mode: 0o600 });
        renameSync(temporary, file);
      } catch {
        // A full or read-only disk costs the next start a calibration and nothing else.
      }
    },
  };
}

function fingerprint(options: LoadOptions, context: ContextFacts): string {
  const { size, mtimeMs } = statSync(options.modelPath);
  const facts = [
    options.modelPath,
    size,
    mtimeMs,
    options.libraryDir,
    context.threads,
    options.kvType,
    options.gpuLayers,
  ];
  return createHash("sha256").update(facts.join("\n")).digest("hex").slice(0, 16);
}

function read(file: string): CostRecord | undefined {
  try {
    const record: unknown = JSON.parse(readFileSync(file, "utf8"));
    return isCostRecord(record) ? record : undefined;
  } catch {
    return undefined;
  }
}

function isCostRecord(value: unknown): value is CostRecord {
  return (
    isObject(value) &&
    isNumbers(value.decodeMs) &&
    isObject(value.prefill) &&
    Object.values(value.prefill).every(isNumbers)
  );
}

function isNumbers(value: unknown): boolean {
  return isObject(value) && Object.values(value).every((number) => typeof number === "number" && number > 0);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

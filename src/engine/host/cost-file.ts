/** Keeps a model's step costs between starts. A file that cannot be read or written only means measuring again. */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ContextFacts } from "./backend.ts";
import { type CostRecord, CostTable } from "./cost-table.ts";
import type { LoadOptions } from "./load-options.ts";

export type CostFile = {
  /** The same object for the whole life of the host. */
  readonly costs: CostTable;
  save(): void;
  /** Keeps what was learnt, and goes on with what is known of another number of threads. */
  changeThreads(threads: number): void;
};

/** Costs hold for one model file, on one machine, with one number of threads and one cache type. */
export function openCostFile(options: LoadOptions, context: ContextFacts): CostFile {
  const { stateDir } = options;
  return stateDir === undefined
    ? keepInMemory(context.threads)
    : keepInFolder(stateDir, options, context.threads);
}

function keepInMemory(threadsAtStart: number): CostFile {
  const costs = new CostTable();
  const records = new Map<number, CostRecord>();
  let threads = threadsAtStart;
  return {
    costs,
    save: () => {},
    changeThreads(next) {
      if (next === threads) return;
      records.set(threads, costs.toRecord());
      threads = next;
      costs.replace(records.get(next));
    },
  };
}

function keepInFolder(stateDir: string, options: LoadOptions, threadsAtStart: number): CostFile {
  let threads = threadsAtStart;
  let file = fileFor(threads);
  const costs = new CostTable(read(file));
  let saved = JSON.stringify(costs.toRecord());

  function fileFor(count: number): string {
    return join(stateDir, `step-costs-${fingerprint(options, count)}.json`);
  }

  const costFile: CostFile = {
    costs,
    changeThreads(next) {
      if (next === threads) return;
      costFile.save();
      threads = next;
      file = fileFor(threads);
      costs.replace(read(file));
      saved = JSON.stringify(costs.toRecord());
    },
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
  return costFile;
}

function fingerprint(options: LoadOptions, threads: number): string {
  const { size, mtimeMs } = statSync(options.modelPath);
  const facts = [
    options.modelPath,
    size,
    mtimeMs,
    options.libraryDir,
    threads,
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

import { toAppError } from "../base/index.ts";
import type { CacheFolders } from "../config/index.ts";
import { discoverModels, scanFolder } from "./discovery/discover-models.ts";
import type { SummaryCache } from "./discovery/header-notes.ts";
import type { DiscoveryProblem } from "./discovery/scan.ts";
import type { StoreDoor } from "./open-store.ts";
import type { ModelRecord } from "./record.ts";

/** Folders are looked through again when something is asked of them after this long. */
const rescanMs = 5_000;

export type FoundModelsOptions = {
  /** Folders whose files are served in place. */
  readonly folders: readonly string[];
  /** Those of other programs; absent: they are left alone. */
  readonly caches?: CacheFolders;
  readonly door: Pick<StoreDoor, "read" | "toWrite">;
};

export type FoundModels = {
  /** What lies in the folders, by name; those given first win. */
  list(): Promise<ReadonlyMap<string, ModelRecord>>;
  problems(): readonly DiscoveryProblem[];
};

export function createFoundModels({ folders, caches, door }: FoundModelsOptions): FoundModels {
  let scan: Promise<ReadonlyMap<string, ModelRecord>> | undefined;
  /** Infinity while a scan runs: a long one is joined, not repeated. */
  let scannedAtMs = Number.NEGATIVE_INFINITY;
  let problems: readonly DiscoveryProblem[] = [];

  async function look(): Promise<ReadonlyMap<string, ModelRecord>> {
    const byName = new Map<string, ModelRecord>();
    const found: DiscoveryProblem[] = [];
    const summaries: SummaryCache = {
      all: async () => (await door.read(({ notes }) => notes.all())) ?? new Map(),
      async put(added) {
        try {
          if (added.size > 0) await (await door.toWrite()).notes.put(added);
        } catch (error) {
          // Models are served from a home that cannot be written too; they are only read anew each time.
          found.push({ path: "the store", reason: toAppError(error).message });
        }
      },
    };
    for (const folder of [...folders, undefined]) {
      const result =
        folder === undefined
          ? await discoverModels(caches ?? {}, { summaries })
          : await scanFolder(folder, { summaries });
      found.push(...result.problems);
      for (const record of result.records) if (!byName.has(record.name)) byName.set(record.name, record);
    }
    problems = found;
    return byName;
  }

  return {
    async list() {
      if (folders.length === 0 && !caches) return new Map();
      if (!scan || performance.now() - scannedAtMs > rescanMs) {
        scannedAtMs = Number.POSITIVE_INFINITY;
        scan = look().finally(() => {
          scannedAtMs = performance.now();
        });
      }
      return await scan;
    },
    problems: () => problems,
  };
}

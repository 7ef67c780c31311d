import type { CacheFolders } from "../../config/index.ts";
import { nameFile } from "../names/model-name.ts";
import type { ModelRecord } from "../record.ts";
import { groupModels, isModelFileName } from "./gguf-groups.ts";
import { createHeaderReader, type HeaderReader, type SummaryCache } from "./header-notes.ts";
import { findHubModels } from "./hugging-face-models.ts";
import { findLlamaCppModels } from "./llama-cpp-models.ts";
import { findLmStudioModels } from "./lm-studio-models.ts";
import { findOllamaModels } from "./ollama-models.ts";
import { toRecord } from "./records.ts";
import { createScan, type DiscoveryProblem, findFiles, type Scan, type ScanOptions } from "./scan.ts";

export type DiscoveryOptions = ScanOptions & { readonly summaries: SummaryCache };

export type Discovery = {
  /** Sorted by name; of two with one name the first place counts. */
  readonly records: readonly ModelRecord[];
  readonly problems: readonly DiscoveryProblem[];
};

const maxFolderDepth = 8;

type Finder = (scan: Scan, headers: HeaderReader, root: string) => Promise<readonly ModelRecord[]>;

const finders: readonly (readonly [keyof CacheFolders, Finder])[] = [
  ["ollama", findOllamaModels],
  ["huggingFace", findHubModels],
  ["llamaCpp", findLlamaCppModels],
  ["lmStudio", findLmStudioModels],
];

/**
 * Finds the models that other programs keep, to be served where they are. Nothing is written or moved, nothing opened
 * that could block, and an odd file is a problem in the result, not an error. Throws only where `signal` aborts.
 */
export async function discoverModels(folders: CacheFolders, options: DiscoveryOptions): Promise<Discovery> {
  return runScan(options, async (scan, headers) => {
    const found: ModelRecord[] = [];
    for (const [program, find] of finders) {
      const root = folders[program];
      if (root !== undefined) found.push(...(await find(scan, headers, root)));
    }
    return found;
  });
}

/** The models among the .gguf files of a folder and those below it, called by the stems of their files. */
export async function scanFolder(path: string, options: DiscoveryOptions): Promise<Discovery> {
  return runScan(options, async (scan, headers) => {
    const files = await findFiles(scan, path, { maxDepth: maxFolderDepth, isWanted: isModelFileName });
    const models = await groupModels(scan, headers, files, { isRepository: false });
    return models.map(({ stem, file, layers, summary }) =>
      toRecord({
        name: nameFile(stem),
        source: "file",
        origin: file.path,
        layers,
        summary,
        modifiedAtMs: file.modifiedAtMs,
      }),
    );
  });
}

async function runScan(
  options: DiscoveryOptions,
  find: (scan: Scan, headers: HeaderReader) => Promise<readonly ModelRecord[]>,
): Promise<Discovery> {
  const scan = createScan(options);
  const headers = await createHeaderReader(options.summaries);
  try {
    const byName = new Map<string, ModelRecord>();
    for (const record of await find(scan, headers)) {
      const other = byName.get(record.name);
      if (other === undefined) byName.set(record.name, record);
      else
        scan.report(record.layers[0]?.path ?? record.name, `${record.name} is also ${other.layers[0]?.path}`);
    }
    const records = [...byName.values()].sort((left, right) => (left.name < right.name ? -1 : 1));
    return { records, problems: scan.problems };
  } finally {
    await headers.save();
  }
}

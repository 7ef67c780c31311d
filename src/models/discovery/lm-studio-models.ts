import { relative, sep } from "node:path";
import type { ModelRecord } from "../record.ts";
import { groupModels, isModelFileName } from "./gguf-groups.ts";
import type { HeaderReader } from "./header-notes.ts";
import { nameRepository } from "./hugging-face-models.ts";
import { type FoundFile, findFiles, type Scan } from "./scan.ts";

/** Folders below a repository's: publisher, repository and what it holds. */
const maxDepth = 4;

/** Models of LM Studio: `<publisher>/<repository>/…gguf`. */
export async function findLmStudioModels(
  scan: Scan,
  headers: HeaderReader,
  root: string,
): Promise<ModelRecord[]> {
  const files = await findFiles(scan, root, { maxDepth, isWanted: isModelFileName });
  const records: ModelRecord[] = [];
  for (const [repository, members] of groupByRepository(root, files)) {
    const models = await groupModels(scan, headers, members, { isRepository: true });
    records.push(...nameRepository(`hf.co/${repository}`, `${root}${sep}${repository}`, models, "lm-studio"));
  }
  return records;
}

function groupByRepository(root: string, files: readonly FoundFile[]): ReadonlyMap<string, FoundFile[]> {
  const groups = new Map<string, FoundFile[]>();
  for (const file of files) {
    const repository = relative(root, file.path).split(sep).slice(0, -1).slice(0, 2).join("/");
    const members = groups.get(repository) ?? [];
    members.push(file);
    groups.set(repository, members);
  }
  return groups;
}

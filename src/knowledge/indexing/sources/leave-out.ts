import { createRulesReader, isIgnored, type Rules, readRules } from "./ignore-rules.ts";
import type { ListedEntry } from "./listing.ts";

/** Names what Git tracks and nobody wants to find, such as fixtures; written as a `.gitignore`. */
const ignoreFile = ".hearthignore";

/** The entries that no `.hearthignore` of the folders from the root down to them leaves out. */
export async function* leaveOut(
  root: string,
  entries: AsyncIterable<ListedEntry>,
  signal: AbortSignal,
): AsyncGenerator<ListedEntry> {
  const reader = createRulesReader(root);
  const known = new Map<string, readonly Rules[]>();

  async function findRules(folder: string): Promise<readonly Rules[]> {
    const found = known.get(folder);
    if (found) return found;
    const outer = folder === "" ? [] : await findRules(parentOf(folder));
    const own = await readRules(reader, { folder, name: ignoreFile }, signal);
    const rules = own ? [...outer, own] : outer;
    known.set(folder, rules);
    return rules;
  }

  for await (const entry of entries) {
    const source = entry.source.replace(/\/$/, "");
    const isFolder = source !== entry.source;
    if (!isIgnored(source, isFolder, await findRules(parentOf(source)))) yield entry;
  }
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

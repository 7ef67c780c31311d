import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { AppError, errnoOf } from "../../../base/index.ts";
import { explainFault } from "./file-fault.ts";
import { tooMany } from "./git-files.ts";
import { createRulesReader, isIgnored, type Rules, readRules } from "./ignore-rules.ts";
import { type ListedEntry, maxEntries } from "./listing.ts";

/** Never entered, ignored or not. */
const closedFolders: ReadonlySet<string> = new Set([".git", "node_modules", ".hg", ".svn"]);

type Waiting = { readonly folder: string; readonly rules: readonly Rules[] };

/** Files below a folder as paths from it, without what its `.gitignore` files leave out. Links are not followed. */
export async function* walkFolder(root: string, signal: AbortSignal): AsyncGenerator<ListedEntry> {
  const waiting: Waiting[] = [{ folder: "", rules: [] }];
  const reader = createRulesReader(root);
  let count = 0;
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    signal.throwIfAborted();
    const { folder } = next;
    const listed = await listFolder(root, folder);
    if ("type" in listed) {
      yield listed;
      continue;
    }
    const own = await readRules(reader, { folder, name: ".gitignore" }, signal);
    const rules = own ? [...next.rules, own] : next.rules;
    const inner: Waiting[] = [];
    for (const entry of listed) {
      if (++count > maxEntries) throw new AppError("invalid_request", tooMany(root));
      const source = folder === "" ? entry.name : `${folder}/${entry.name}`;
      if (isIgnored(source, entry.isDirectory(), rules)) continue;
      if (entry.isDirectory()) {
        if (!closedFolders.has(entry.name)) inner.push({ folder: source, rules });
      } else if (entry.isSymbolicLink()) {
        yield { type: "skipped", source, reason: "link", detail: "it is a link" };
      } else yield { type: "file", source };
    }
    waiting.push(...inner.reverse());
  }
}

async function listFolder(root: string, folder: string) {
  try {
    const entries = await readdir(join(root, folder), { withFileTypes: true });
    return entries.sort((left, right) => (left.name < right.name ? -1 : 1));
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    // The slash at the end tells that all below it is unknown.
    return { type: "skipped", source: `${folder}/`, ...explainFault(error) } as const;
  }
}

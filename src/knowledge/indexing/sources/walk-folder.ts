import { readdir } from "node:fs/promises";
import { join } from "node:path";
import ignore, { type Ignore } from "ignore";
import { AppError, errnoOf } from "../../../base/index.ts";
import { explainFault } from "./file-fault.ts";
import { tooMany } from "./git-files.ts";
import { type ListedEntry, maxEntries } from "./listing.ts";
import { createFolderReader, type FolderReader } from "./read-file.ts";

const maxRulesBytes = 262_144;
/** Patterns become regular expressions, and many stars in one take for ever on a long name. */
const manyStarsPattern = /(?:\*+[^*]+){4}\*/;
/** Never entered, ignored or not. */
const closedFolders: ReadonlySet<string> = new Set([".git", "node_modules", ".hg", ".svn"]);

type Rules = { readonly folder: string; readonly rules: Ignore };
type Waiting = { readonly folder: string; readonly rules: readonly Rules[] };

/** Files below a folder as paths from it, without what its `.gitignore` files leave out. Links are not followed. */
export async function* walkFolder(root: string, signal: AbortSignal): AsyncGenerator<ListedEntry> {
  const waiting: Waiting[] = [{ folder: "", rules: [] }];
  const reader = createFolderReader(root, { maxBytes: maxRulesBytes });
  let count = 0;
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    signal.throwIfAborted();
    const { folder } = next;
    const listed = await listFolder(root, folder);
    if ("type" in listed) {
      yield listed;
      continue;
    }
    const rules = await addRules(reader, next, signal);
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

async function addRules(
  reader: FolderReader,
  { folder, rules }: Waiting,
  signal: AbortSignal,
): Promise<readonly Rules[]> {
  const file = await reader.read(folder === "" ? ".gitignore" : `${folder}/.gitignore`, signal);
  if (file.type !== "file") return rules;
  const text = new TextDecoder().decode(file.bytes);
  const patterns = text.split(/\r?\n/).filter((line) => !manyStarsPattern.test(line));
  return [...rules, { folder, rules: ignore().add(patterns) }];
}

/** The rules of the innermost folder that say something decide. */
function isIgnored(source: string, isFolder: boolean, rules: readonly Rules[]): boolean {
  for (const { folder, rules: own } of rules.toReversed()) {
    const path = folder === "" ? source : source.slice(folder.length + 1);
    const { ignored, unignored } = own.test(isFolder ? `${path}/` : path);
    if (ignored || unignored) return ignored;
  }
  return false;
}

import ignore, { type Ignore } from "ignore";
import { createFolderReader, type FolderReader } from "./read-file.ts";

const maxRulesBytes = 262_144;
/** Patterns become regular expressions, and many stars in one take for ever on a long name. */
const manyStarsPattern = /(?:\*+[^*]+){4}\*/;

/** What the ignore file of a folder says of the paths below it. */
export type Rules = { readonly folder: string; readonly rules: Ignore };

/** A reader of ignore files; of one that is larger than anybody writes nothing is read. */
export function createRulesReader(root: string): FolderReader {
  return createFolderReader(root, { maxBytes: maxRulesBytes });
}

/** Undefined where the folder has no such file, or one that cannot be read. */
export async function readRules(
  reader: FolderReader,
  { folder, name }: { readonly folder: string; readonly name: string },
  signal: AbortSignal,
): Promise<Rules | undefined> {
  const file = await reader.read(folder === "" ? name : `${folder}/${name}`, signal);
  if (file.type !== "file") return undefined;
  const text = new TextDecoder().decode(file.bytes);
  const patterns = text.split(/\r?\n/).filter((line) => !manyStarsPattern.test(line));
  return { folder, rules: ignore().add(patterns) };
}

/** Of rules from the outermost folder to the innermost, those of the innermost that say something decide. */
export function isIgnored(source: string, isFolder: boolean, rules: readonly Rules[]): boolean {
  for (const { folder, rules: own } of rules.toReversed()) {
    const path = folder === "" ? source : source.slice(folder.length + 1);
    const { ignored, unignored } = own.test(isFolder ? `${path}/` : path);
    if (ignored || unignored) return ignored;
  }
  return false;
}

import { basename } from "node:path";
import { AppError } from "../../base/index.ts";
import { checkModelHeader, findKind, type GgufKind } from "../gguf/check-model.ts";
import { summarize } from "../gguf/describe.ts";
import type { GgufHeader } from "../gguf/header.ts";
import { parsePartName, readModelFiles, readModelParts } from "../gguf/split-files.ts";
import type { ModelSummary } from "../record.ts";
import { codeOf, reasonOf } from "./scan.ts";

/** Raise it when notes come to say something else, or more files pass the checks. */
const noteVersion = 2;

/** What a scan remembers of a GGUF file; plain data. */
export type HeaderNote =
  | { readonly kind: "model"; readonly summary: ModelSummary; readonly parts: readonly HeaderNotePart[] }
  | { readonly kind: Exclude<GgufKind, "model"> }
  | { readonly kind: "unusable"; readonly reason: string };

export type HeaderNotePart = { readonly path: string; readonly bytes: number };

/** Remembers notes by `noteKey`; what is not in it is read again. */
export type SummaryCache = {
  all(): Promise<ReadonlyMap<string, HeaderNote>>;
  put(added: ReadonlyMap<string, HeaderNote>): Promise<void>;
};

/** Identifies the content of a file without reading it. */
export function noteKey(file: {
  readonly path: string;
  readonly bytes: number;
  readonly modifiedAtMs: number;
}): string {
  return `${noteVersion}|${file.path}|${file.bytes}|${Math.floor(file.modifiedAtMs)}`;
}

export type HeaderReader = {
  /** What the file, or the split model that begins with it, is. Read once, then remembered. */
  read(file: { readonly path: string; readonly bytes: number; readonly modifiedAtMs: number }): HeaderNote;
  /** The same for a model whose parts have names that do not tell of each other. */
  readTogether(
    parts: readonly { readonly path: string; readonly bytes: number; readonly modifiedAtMs: number }[],
  ): HeaderNote;
  /** Hands what was read anew to the cache. */
  save(): Promise<void>;
};

export async function createHeaderReader(cache: SummaryCache): Promise<HeaderReader> {
  const known = await cache.all();
  const added = new Map<string, HeaderNote>();
  const remember = (key: string, make: () => Verdict): HeaderNote => {
    const remembered = known.get(key) ?? added.get(key);
    if (remembered !== undefined) return remembered;
    const { note, isLasting } = make();
    if (isLasting) added.set(key, note);
    return note;
  };
  return {
    read(file) {
      const read = () => readNote(file.path, () => readModelFiles(file.path));
      // The other parts of a split model come and go without a change of the first.
      return parsePartName(basename(file.path)) ? read().note : remember(noteKey(file), read);
    },
    readTogether: (parts) =>
      remember(parts.map(noteKey).join("|"), () =>
        readNote(parts[0]?.path ?? "", () => readModelParts(parts.map(({ path }) => path))),
      ),
    async save() {
      if (added.size > 0) await cache.put(added);
    },
  };
}

type Files = { readonly header: GgufHeader; readonly parts: readonly HeaderNotePart[] };

/** A note that is lasting holds as long as the files stay as they are. */
type Verdict = { readonly note: HeaderNote; readonly isLasting: boolean };

/** What the files are; those that cannot be read, or are no model, are unusable. */
export function readNote(path: string, readFiles: () => Files): Verdict {
  try {
    return { note: describeFiles(path, readFiles()), isLasting: true };
  } catch (error) {
    return { note: { kind: "unusable", reason: explain(path, error) }, isLasting: isAboutContent(error) };
  }
}

function describeFiles(path: string, { header, parts }: Files): HeaderNote {
  const kind = findKind(header);
  if (kind !== "model") return { kind };
  checkModelHeader(path, header);
  return { kind, summary: summarize(header), parts };
}

function explain(path: string, error: unknown): string {
  if (error instanceof AppError) return error.message;
  if (codeOf(error) === undefined) throw error;
  return `cannot read ${path}: ${reasonOf(error)}`;
}

/** Access to a file can be given, and links be mended, without a change of its size and time. */
function isAboutContent(error: unknown): boolean {
  return error instanceof AppError && error.code === "model_load_failed";
}

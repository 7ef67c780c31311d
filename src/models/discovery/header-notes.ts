import { basename } from "node:path";
import { AppError } from "../../base/index.ts";
import { checkModelHeader, findKind, type GgufKind } from "../gguf/check-model.ts";
import { summarize } from "../gguf/describe.ts";
import type { GgufHeader } from "../gguf/header.ts";
import { parsePartName, readModelFiles, readModelParts } from "../gguf/split-files.ts";
import type { ModelSummary } from "../record.ts";

/** Raise it when notes come to say something else, or more files pass the checks. */
const noteVersion = 1;

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
  const remember = (key: string, make: () => HeaderNote): HeaderNote => {
    const note = known.get(key) ?? added.get(key) ?? make();
    if (!known.has(key)) added.set(key, note);
    return note;
  };
  return {
    read(file) {
      const read = () => readNote(file.path, () => readModelFiles(file.path));
      // The other parts of a split model come and go without a change of the first.
      return parsePartName(basename(file.path)) ? read() : remember(noteKey(file), read);
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

function readNote(path: string, readFiles: () => Files): HeaderNote {
  try {
    const { header, parts } = readFiles();
    const kind = findKind(header);
    if (kind !== "model") return { kind };
    checkModelHeader(path, header);
    return { kind, summary: summarize(header), parts };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { kind: "unusable", reason: error.message };
  }
}

/** Models that are split into files `name-00001-of-00003.gguf`: llama.cpp loads the others by itself from the first. */
import { basename, dirname, join } from "node:path";
import { AppError } from "../../base/index.ts";
import { statFile } from "./byte-source.ts";
import { findNumber, findText, type GgufHeader } from "./header.ts";
import { readFileHeader } from "./read-file-header.ts";

const maxParts = 1_000;
const partPattern = /^(.+)-(\d{5})-of-(\d{5})\.gguf$/i;

export type PartName = { readonly stem: string; readonly number: number; readonly count: number };

/** What the name of a part says; undefined for the name of a whole file. Numbers begin at 1. */
export function parsePartName(fileName: string): PartName | undefined {
  const match = partPattern.exec(fileName);
  const number = Number(match?.[2]);
  const count = Number(match?.[3]);
  if (!match || number < 1 || number > count || count > maxParts) return undefined;
  return { stem: match[1] ?? "", number, count };
}

/**
 * Paths of all parts of a model whose first part, or whole file, is `path`, in order. Throws AppError invalid_request for a
 * later part, or one that cannot be looked at, and model_load_failed where a part is missing.
 */
export function findParts(path: string): readonly string[] {
  const part = parsePartName(basename(path));
  if (part === undefined) return [path];
  const paths = Array.from({ length: part.count }, (_, index) =>
    index + 1 === part.number ? path : join(dirname(path), partName(path, part, index + 1)),
  );
  if (part.number !== 1) {
    const message = `${path} is part ${part.number} of ${part.count} of a model; give the first, ${paths[0]}`;
    throw new AppError("invalid_request", message);
  }
  const missing = paths.find((each) => statFile(each) === undefined);
  if (missing === undefined) return paths;
  const message = `${path} is the first of ${part.count} parts, and ${missing} is missing; download it into the same folder`;
  throw new AppError("model_load_failed", message);
}

function partName(path: string, { stem, count }: PartName, number: number): string {
  const digits = (value: number) => String(value).padStart(5, "0");
  return `${stem}-${digits(number)}-of-${digits(count)}${path.slice(-".gguf".length)}`;
}

export type ModelFiles = {
  /** Metadata of the first part, tensors and bytes of all; offsets count from the part that a tensor is in. */
  readonly header: GgufHeader;
  readonly parts: readonly { readonly path: string; readonly bytes: number }[];
};

/** Reads the header of a model's file, or of all its parts as one. Throws AppError as `readGgufHeader` and `findParts` do. */
export function readModelFiles(path: string): ModelFiles {
  const first = readFileHeader(path);
  const count = findNumber(first, "split.count") ?? 1;
  if (count <= 1 || (findNumber(first, "split.no") ?? 0) !== 0) {
    return { header: first, parts: [{ path, bytes: first.fileBytes }] };
  }
  const paths = findParts(path);
  if (paths.length !== count) {
    const message = `${path} says that it is one of ${count} parts; name it ${expectedName(path, count)}, and the others likewise`;
    throw new AppError("model_load_failed", message);
  }
  return readModelParts(paths, first);
}

/** Reads parts in this order as one model, whatever their names. Throws AppError where they do not belong together. */
export function readModelParts(paths: readonly string[], first?: GgufHeader): ModelFiles {
  const headers = paths.map((path, index) => (index === 0 && first ? first : readFileHeader(path)));
  const parts = headers.map(({ fileBytes }, index) => ({ path: paths[index] ?? "", bytes: fileBytes }));
  const [only] = headers;
  return { header: headers.length === 1 && only ? only : joinHeaders(paths, headers), parts };
}

function expectedName(path: string, count: number): string {
  const stem = basename(path).replace(/(-\d{5}-of-\d{5})?\.gguf$/i, "");
  return partName(path, { stem, number: 1, count: Math.min(count, maxParts) }, 1);
}

function joinHeaders(paths: readonly string[], headers: readonly GgufHeader[]): GgufHeader {
  const [first] = headers;
  if (first === undefined) throw new AppError("server_error", "a model has no part");
  const refuse = (path: string, reason: string) =>
    new AppError(
      "model_load_failed",
      `${path} does not fit its other parts: ${reason}; download all parts again`,
    );
  const total = findNumber(first, "split.tensors.count");
  const names = new Set<string>();
  for (const [index, header] of headers.entries()) {
    const path = paths[index] ?? "";
    const number = findNumber(header, "split.no");
    const count = findNumber(header, "split.count");
    if (number !== index) throw refuse(path, `it says that it is part ${(number ?? -1) + 1}`);
    if (count !== headers.length) throw refuse(path, `it says that there are ${count ?? 0} parts`);
    if (findNumber(header, "split.tensors.count") !== total) throw refuse(path, "it counts other tensors");
    const architecture = findText(header, "general.architecture");
    if (architecture !== undefined && architecture !== findText(first, "general.architecture"))
      throw refuse(path, "it is of another architecture");
    for (const { name } of header.tensors) {
      if (names.has(name)) throw refuse(path, `the tensor ${JSON.stringify(name)} is there twice`);
      names.add(name);
    }
  }
  if (total !== undefined && total !== names.size)
    throw refuse(paths[0] ?? "", `they hold ${names.size} tensors and should hold ${total}`);
  return {
    ...first,
    tensors: headers.flatMap(({ tensors }) => tensors),
    fileBytes: headers.reduce((sum, { fileBytes }) => sum + fileBytes, 0),
  };
}

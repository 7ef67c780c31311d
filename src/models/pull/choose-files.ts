import { AppError } from "../../base/index.ts";
import type { FileChoice } from "../names/model-reference.ts";

/** A file of a repository. */
export type HubFile = {
  readonly path: string;
  readonly bytes: number;
  /** The hash that Git names the content by. */
  readonly oid: string;
  /** 64 hex digits; files that are not in large file storage have none. */
  readonly sha256?: string;
};

export type ChosenFiles = {
  /** The parts of the model, in order. */
  readonly model: readonly HubFile[];
  readonly projector?: HubFile;
};

/**
 * What is taken where no quantisation is asked for: Q4_K_M, else Q8_0, as llama.cpp has it, else what comes nearest in
 * size and quality.
 */
export const quantOrder: readonly string[] = [
  ...["Q4_K_M", "Q8_0", "Q4_K_S", "Q4_0", "Q5_K_M", "Q5_K_S", "Q6_K", "IQ4_XS", "IQ4_NL", "MXFP4"],
  ...["Q3_K_M", "Q3_K_L", "Q3_K_S", "IQ3_M", "Q2_K", "BF16", "F16", "F32"],
];

const modelEnding = /\.gguf$/i;
const splitEnding = /-(\d{5})-of-(\d{5})\.gguf$/i;
/** Files beside a model that are no model themselves. */
const companions = /mmproj|imatrix|(^|[-_.])(mtp|eagle3|dflash|dspark)-/i;
const maxListedNames = 20;

/** Chooses the files of a repository that make up the model. Throws AppError model_not_found that says what there is. */
export function chooseFiles(repository: string, files: readonly HubFile[], choice: FileChoice): ChosenFiles {
  const first = findFirst(repository, files, choice);
  const projector = isProjector(first.path) ? undefined : findProjector(files, first.path);
  return { model: findParts(repository, files, first), ...(projector ? { projector } : {}) };
}

function findFirst(repository: string, files: readonly HubFile[], choice: FileChoice): HubFile {
  const models = files
    .filter(({ path }) => modelEnding.test(path) && !companions.test(nameOf(path)) && isFirstPart(path))
    .toSorted((a, b) => a.path.length - b.path.length || (a.path < b.path ? -1 : 1));
  switch (choice.by) {
    case "file": {
      const found =
        files.find(({ path }) => path === choice.file) ??
        files.find(({ path }) => path.toLowerCase() === choice.file.toLowerCase());
      if (found) return found;
      throw notFound(`${repository} has no file ${choice.file}`, files);
    }
    case "quant": {
      const found = findQuant(models, choice.quant);
      if (found) return found;
      throw notFound(`${repository} has no file of the quantisation ${choice.quant}`, models);
    }
    case "default": {
      for (const quant of quantOrder) {
        const found = findQuant(models, quant);
        if (found) return found;
      }
      const [found] = models;
      if (found) return found;
      throw notFound(`${repository} has no GGUF model`, files);
    }
    default:
      return choice satisfies never;
  }
}

/** A quantisation stands in a file's path between separators: `…-Q4_K_M.gguf`, `Q4_K_M/…`. */
function findQuant(models: readonly HubFile[], quant: string): HubFile | undefined {
  const escaped = quant.replace(/[.]/g, "\\.");
  const pattern = new RegExp(`(^|[-._/])${escaped}([-./]|$)`, "i");
  return (
    models.find(({ path }) => pattern.test(nameOf(path))) ?? models.find(({ path }) => pattern.test(path))
  );
}

function findParts(repository: string, files: readonly HubFile[], first: HubFile): readonly HubFile[] {
  const [ending, , total] = splitEnding.exec(first.path) ?? [];
  if (ending === undefined || total === undefined) return [first];
  const stem = first.path.slice(0, -ending.length);
  return Array.from({ length: Number(total) }, (_, index) => {
    const path = `${stem}-${String(index + 1).padStart(total.length, "0")}-of-${total}.gguf`;
    const found = files.find((file) => file.path.toLowerCase() === path.toLowerCase());
    if (found) return found;
    throw new AppError(
      "model_not_found",
      `${repository} lacks ${path}, a part of the model; choose another file`,
    );
  });
}

/** The projector beside a model, or nearest above it, whose bits are nearest to the model's. */
function findProjector(files: readonly HubFile[], model: string): HubFile | undefined {
  const bits = bitsOf(model);
  const [best] = files
    .filter(({ path }) => modelEnding.test(path) && isProjector(path) && model.startsWith(folderOf(path)))
    .toSorted(
      (a, b) =>
        folderOf(b.path).length - folderOf(a.path).length ||
        Math.abs(bitsOf(a.path) - bits) - Math.abs(bitsOf(b.path) - bits) ||
        (a.path < b.path ? -1 : 1),
    );
  return best;
}

function isProjector(path: string): boolean {
  return /mmproj/i.test(nameOf(path));
}

function isFirstPart(path: string): boolean {
  const index = splitEnding.exec(path)?.[1];
  return index === undefined || Number(index) === 1;
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/") + 1);
}

/** 4 for `Q4_K_M`, 16 for `F16`. */
function bitsOf(path: string): number {
  const [, bits] = /[-_.](?:[A-Z]+-)?(?:I?Q|BF|F|MXFP)(\d+)[^/]*$/i.exec(path) ?? [];
  return Number(bits ?? 0);
}

function notFound(what: string, files: readonly HubFile[]): AppError {
  const names = files.map(({ path }) => path).filter((path) => modelEnding.test(path));
  const shown = names.slice(0, maxListedNames).join(", ");
  const more = names.length > maxListedNames ? ` and ${names.length - maxListedNames} more` : "";
  const hint =
    names.length > 0
      ? `choose one of ${shown}${more}`
      : "it may hold another format; look for a GGUF version";
  return new AppError("model_not_found", `${what}; ${hint}`);
}

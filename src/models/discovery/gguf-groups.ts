/** Puts the GGUF files of folders together to models: parts to one, projectors to the models that they stand beside. */
import { basename } from "node:path";
import { nextTurn } from "../../base/index.ts";
import { parsePartName } from "../gguf/split-files.ts";
import type { ModelLayer, ModelSummary } from "../record.ts";
import type { HeaderReader } from "./header-notes.ts";
import type { FoundFile, Scan } from "./scan.ts";

export type GroupedModel = {
  /** The file's, without ending and part number. */
  readonly stem: string;
  readonly file: FoundFile;
  readonly layers: readonly ModelLayer[];
  readonly summary: ModelSummary;
};

export type GroupOptions = {
  /** All models of a folder are variants of one, as in a repository: a projector there goes with each. */
  readonly isRepository: boolean;
};

export function isModelFileName(name: string): boolean {
  return name.toLowerCase().endsWith(".gguf");
}

/** The models among files of any folders. What is none, and no part of one, is reported. */
export async function groupModels(
  scan: Scan,
  headers: HeaderReader,
  files: readonly FoundFile[],
  options: GroupOptions,
): Promise<GroupedModel[]> {
  const models: GroupedModel[] = [];
  const projectors: FoundFile[] = [];
  for (const file of files) {
    if ((parsePartName(file.name)?.number ?? 1) > 1) continue;
    if (!scan.spend(file.path)) break;
    const note = headers.read(file);
    if (note.kind === "model") {
      const layers = note.parts.map(({ path, bytes }) => ({ role: "model" as const, path, bytes }));
      models.push({ stem: stemOf(file.name), file, layers, summary: note.summary });
    } else if (note.kind === "projector") projectors.push(file);
    else if (note.kind === "unusable") scan.report(file.path, note.reason);
    // Reading headers blocks: others get their turn in between.
    await nextTurn();
  }
  return models.map((model) => withProjector(model, models, projectors, options));
}

function stemOf(fileName: string): string {
  return parsePartName(fileName)?.stem ?? basename(fileName).replace(/\.gguf$/i, "");
}

function withProjector(
  model: GroupedModel,
  models: readonly GroupedModel[],
  projectors: readonly FoundFile[],
  { isRepository }: GroupOptions,
): GroupedModel {
  const { folder } = model.file;
  const beside = projectors.filter((projector) => projector.folder === folder);
  const isAlone = models.filter(({ file }) => file.folder === folder).length === 1;
  const fitting = isRepository || isAlone ? beside : beside.filter((each) => isNamedFor(each, model.stem));
  const [projector] = fitting;
  if (projector === undefined) return model;
  const layer: ModelLayer = { role: "projector", path: projector.path, bytes: projector.bytes };
  return { ...model, layers: [...model.layers, layer] };
}

/** `mmproj-tiny-f16.gguf` and `tiny.mmproj-f16.gguf` are named for `tiny-q4_0`. */
function isNamedFor(projector: FoundFile, stem: string): boolean {
  const name = stemOf(projector.name)
    .toLowerCase()
    .replace(/[-_.]?mmproj[-_.]?/, "")
    .replace(/[-_.]?(bf16|f16|f32|q8_0)$/, "");
  return name !== "" && stem.toLowerCase().startsWith(name);
}

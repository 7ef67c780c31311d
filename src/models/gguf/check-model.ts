import { AppError } from "../../base/index.ts";
import { findNumber, findText, type GgufHeader, type GgufTensor } from "./header.ts";

const maxLayers = 4_096;
const maxEmbeddingLength = 2 ** 20;
const maxHeads = 2 ** 16;
const maxTrainedContext = 2 ** 30;
/** What the kernels of llama.cpp take for a norm's weights. */
const normTypes: ReadonlySet<string> = new Set(["F32", "F16", "BF16"]);
/** Formats that are for intermediate results, or that no kernel multiplies with. */
const unusableTypes: ReadonlySet<string> = new Set(["Q8_1", "Q8_K", "I8", "I16", "I64", "F64"]);

/** Throws AppError model_load_failed where the header describes something that cannot be run as a model. */
export function checkModelHeader(name: string, header: GgufHeader): void {
  const refuse = (reason: string) => new AppError("model_load_failed", `${name} cannot be run: ${reason}`);
  if (header.byteOrder === "big")
    throw refuse("it is written in big-endian order; convert it for this machine");
  const kind = findText(header, "general.type");
  if (kind !== undefined && kind !== "model") {
    throw refuse(
      `it is of type ${JSON.stringify(kind.slice(0, 40))} and not a model; give the model that it belongs to`,
    );
  }
  const architecture = findText(header, "general.architecture");
  if (!architecture) throw refuse("it does not say its architecture; convert the model again");
  if (architecture === "clip")
    throw refuse("it is a projector for images and not a model; give the model it belongs to");
  const part = findNumber(header, "split.no");
  if (part !== undefined && part !== 0)
    throw refuse(`it is part ${part + 1} of a model; give the first part`);
  if (header.tensors.length === 0) throw refuse("it has no tensors; it is a vocabulary or was cut off");
  checkSizes(architecture, header, refuse);
  for (const tensor of header.tensors) checkTensor(tensor, refuse);
}

type Refuse = (reason: string) => AppError;

function checkSizes(architecture: string, header: GgufHeader, refuse: Refuse): void {
  const limits: readonly (readonly [key: string, maximum: number])[] = [
    ["block_count", maxLayers],
    ["embedding_length", maxEmbeddingLength],
    ["attention.head_count", maxHeads],
    ["context_length", maxTrainedContext],
  ];
  for (const [key, maximum] of limits) {
    const value = findNumber(header, `${architecture}.${key}`);
    if (value === undefined) continue;
    if (!Number.isInteger(value) || value < 1 || value > maximum) {
      throw refuse(`${architecture}.${key} is ${value}, not a whole number from 1 to ${maximum}`);
    }
  }
}

function checkTensor({ name, type }: GgufTensor, refuse: Refuse): void {
  if (/norm\.(weight|bias)$/.test(name) && !normTypes.has(type)) {
    throw refuse(`the norm ${JSON.stringify(name)} is stored as ${type}, which cannot be computed with`);
  }
  if (name.endsWith(".weight") && unusableTypes.has(type)) {
    throw refuse(`the tensor ${JSON.stringify(name)} is stored as ${type}, which cannot be computed with`);
  }
}

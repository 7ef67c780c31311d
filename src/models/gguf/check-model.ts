import { AppError } from "../../base/index.ts";
import { checkHyperParameters, type Refuse } from "./check-hyper-parameters.ts";
import { findTemplateProblem } from "./check-template.ts";
import { checkTensors } from "./check-tensors.ts";
import { findNumber, findText, type GgufHeader } from "./header.ts";

/** Throws AppError model_load_failed where the header describes something that cannot be run as a model. */
export function checkModelHeader(name: string, header: GgufHeader): void {
  const refuse: Refuse = (reason) => new AppError("model_load_failed", `${name} cannot be run: ${reason}`);
  if (header.byteOrder === "big")
    throw refuse("it is written in big-endian order; convert it for this machine");
  const architecture = checkKind(header, refuse);
  checkTemplates(header, refuse);
  checkHyperParameters(architecture, header, refuse);
  checkTensors(architecture, header, refuse);
}

/** What a GGUF file is for: only the first is answered from, the others go with one. */
export type GgufKind = "model" | "projector" | "adapter" | "part" | "other";

export function findKind(header: GgufHeader): GgufKind {
  const type = findText(header, "general.type");
  const architecture = findText(header, "general.architecture");
  if (type === "adapter" || header.metadata.has("adapter.type")) return "adapter";
  if (type === "mmproj" || type === "projector" || architecture === "clip") return "projector";
  if ((findNumber(header, "split.no") ?? 0) !== 0) return "part";
  return architecture === undefined || (type !== undefined && type !== "model") ? "other" : "model";
}

function checkKind(header: GgufHeader, refuse: Refuse): string {
  const part = findNumber(header, "split.no");
  if (part !== undefined && part !== 0)
    throw refuse(`it is part ${part + 1} of a model; give the first part`);
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
  return architecture;
}

function checkTemplates(header: GgufHeader, refuse: Refuse): void {
  for (const [key, value] of header.metadata) {
    if (!key.startsWith("tokenizer.chat_template")) continue;
    if (value.type === "omitted-text") throw refuse(`its chat template takes ${value.bytes} bytes`);
    const problem = value.type === "text" ? findTemplateProblem(value.value) : undefined;
    if (problem !== undefined) throw refuse(problem);
  }
}

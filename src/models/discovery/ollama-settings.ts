import { readLayerTexts } from "../ollama/layer-texts.ts";
import type { LayerRole, ModelLayer, ModelSettings } from "../record.ts";
import { readText } from "./read-text.ts";

const maxTextBytes = 2 ** 20;
const weightRoles: ReadonlySet<LayerRole> = new Set(["model", "projector", "adapter"]);

/** Reads the layers that say how a model is to be used. Throws AppError where one cannot be read or honoured. */
export function readOllamaSettings(layers: readonly ModelLayer[]): ModelSettings {
  return readLayerTexts(
    layers
      .filter(({ role }) => !weightRoles.has(role))
      .map(({ role, path }) => ({ role, text: readText(path, maxTextBytes) })),
  );
}

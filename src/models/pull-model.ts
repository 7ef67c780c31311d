import { AppError } from "../base/index.ts";
import { inspectParts } from "./file-model.ts";
import { checkAdapterHeader } from "./gguf/check-adapter.ts";
import { readFileHeader } from "./gguf/read-file-header.ts";
import type { WorkEvent } from "./library.ts";
import type { ModelReference } from "./names/model-reference.ts";
import { readLayerTexts } from "./ollama/layer-texts.ts";
import type { StoreDoor } from "./open-store.ts";
import type { PulledModel, Puller } from "./pull/puller.ts";
import type { LayerRole } from "./record.ts";
import type { PutRequest } from "./store/model-store.ts";

const decoder = new TextDecoder();

/** Fetches a model and gives it its name once every blob is verified and its files can be run. */
export async function* pullModel(
  door: StoreDoor,
  puller: Puller,
  reference: ModelReference,
  options: { readonly signal: AbortSignal },
): AsyncGenerator<WorkEvent, void, undefined> {
  for await (const event of puller.pull(reference, options)) {
    if (event.type !== "pulled") {
      yield event;
      continue;
    }
    yield { type: "status", status: "verifying sha256 digest" };
    const request = describePulled(door, event.model);
    yield { type: "status", status: "writing manifest" };
    const { models } = await door.toWrite();
    yield { type: "done", record: await models.put(request) };
  }
}

/** Throws AppError where the files cannot be run, or the settings that came with them cannot be honoured. */
function describePulled({ blobs }: StoreDoor, { name, origin, layers, texts }: PulledModel): PutRequest {
  const pathsOf = (wanted: LayerRole) =>
    layers.filter(({ role }) => role === wanted).map(({ digest }) => blobs.pathOf(digest));
  const models = pathsOf("model");
  const adapters = pathsOf("adapter");
  const [first, ...others] = models.length > 0 ? models : adapters;
  if (first === undefined) {
    throw new AppError("model_load_failed", `${origin} has no weights; it cannot be run by itself`);
  }
  const { role, summary } = inspectParts(name, [first, ...others]);
  for (const path of adapters) checkAdapterHeader(name, readFileHeader(path));
  return {
    name,
    source: "pulled",
    origin,
    layers: layers.map((layer) => (layer.role === "model" ? { ...layer, role } : layer)),
    settings: readLayerTexts(texts.map(({ role, bytes }) => ({ role, text: decoder.decode(bytes) }))),
    summary,
  };
}

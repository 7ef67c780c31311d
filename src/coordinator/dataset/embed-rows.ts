import { toAppError } from "../../base/index.ts";
import { createEmbedder } from "../../judges/index.ts";
import type { CoordinatorDeps } from "../deps.ts";

/** Of a longer text so many parts of so many characters stand for it, that one row does not take the time of many. */
const partCharacters = 1_000;
const maxParts = 8;
/** Texts of one call, so that progress can be told. */
const batchTexts = 100;
const tenant = "dataset";

export type EmbeddedRows = {
  /** `words`, or the model's name. */
  readonly embedder: string;
  /** Why words took the place of the configured model. */
  readonly fault?: string;
  /** One of length 1 for each text, in their order; of zeros for a text without meaning. */
  readonly vectors: readonly Float32Array[];
};

/** By the configured model, and where that cannot by the words of the texts. Nothing leaves this machine. */
export async function embedRows(
  deps: Pick<CoordinatorDeps, "engine" | "settings">,
  texts: readonly string[],
  { signal, onProgress }: { readonly signal: AbortSignal; readonly onProgress: (done: number) => void },
): Promise<EmbeddedRows> {
  const { embeddingModel } = deps.settings;
  const words = createEmbedder({ engine: deps.engine });
  if (embeddingModel !== undefined) {
    const model = createEmbedder({ embeddingModel, engine: keepLocal(deps.engine) });
    try {
      const vectors = await embedAll(texts, (batch) => model.embed(batch.map(excerpt), signal), onProgress);
      return { embedder: model.name, vectors };
    } catch (error) {
      signal.throwIfAborted();
      const fault = toAppError(error).message;
      const vectors = await embedAll(texts, (batch) => words.embed(batch, signal), onProgress);
      return { embedder: words.name, fault, vectors };
    }
  }
  const vectors = await embedAll(texts, (batch) => words.embed(batch, signal), onProgress);
  return { embedder: words.name, vectors };
}

function keepLocal(engine: CoordinatorDeps["engine"]): CoordinatorDeps["engine"] {
  return {
    ...engine,
    embed: (request, signal) => engine.embed({ ...request, tenant, privacy: "local" }, signal),
  };
}

async function embedAll(
  texts: readonly string[],
  embed: (batch: readonly string[]) => Promise<readonly Float32Array[]>,
  onProgress: (done: number) => void,
): Promise<readonly Float32Array[]> {
  const vectors: Float32Array[] = [];
  for (let start = 0; start < texts.length; start += batchTexts) {
    vectors.push(...(await embed(texts.slice(start, start + batchTexts))));
    onProgress(vectors.length);
  }
  return vectors;
}

/** All of a text, or so many parts of it that lie evenly apart. */
function excerpt(text: string): string {
  const count = Math.ceil(text.length / partCharacters);
  if (count <= maxParts) return text.toWellFormed();
  return Array.from({ length: maxParts }, (_, index) => {
    const start = Math.floor((index * count) / maxParts) * partCharacters;
    return text.slice(start, start + partCharacters).toWellFormed();
  }).join(" ");
}

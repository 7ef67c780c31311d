/** What embeddings say of an answer. What they cannot say is a reason; the signal's abort alone is thrown. */
import { toAppError } from "../../base/index.ts";
import { cosine } from "../similarity/cosine.ts";
import type { Embedder } from "../similarity/embedder.ts";
import { relevanceScale } from "../similarity/relevance-scale.ts";
import type { JudgedText } from "./judgement.ts";
import { listSentences } from "./sentences.ts";

/** Longer texts take longer to embed than an answer takes to judge. */
const maxEmbeddedCharacters = 200_000;
const maxSentences = 1_000;

type Unmeasured = { readonly ok: false; readonly reason: string };
export type Measured<T> = { readonly ok: true; readonly value: T } | Unmeasured;

export type PromptSimilarity = {
  /** Cosine of prompt and answer. */
  readonly similarity: number;
  /** Mean cosines of prompts with others' answers and with their own. */
  readonly unmatched: number;
  readonly matched: number;
};

/** How alike prompt and answer are, with the scale of the embedder. */
export async function measurePromptSimilarity(
  embedder: Embedder,
  { prompt, response }: Pick<JudgedText, "prompt" | "response">,
  signal: AbortSignal,
): Promise<Measured<PromptSimilarity>> {
  if (prompt.trim() === "") return refuse("there is no prompt that the answer could be about");
  return await embed(embedder, [prompt, response], signal, async ([question, answer]) => {
    const scale = await relevanceScale(embedder, signal);
    if (!scale.usable) return refuse(scale.reason);
    if (!question || !answer) return refuse(`${embedder.name} gave no vectors`);
    const { unmatched, matched } = scale;
    return { ok: true, value: { similarity: cosine(question, answer), unmatched, matched } };
  });
}

/** Cosine of each sentence with the next. */
export async function measureSentenceSimilarities(
  embedder: Embedder,
  response: string,
  signal: AbortSignal,
): Promise<Measured<readonly number[]>> {
  const sentences = response.length > maxEmbeddedCharacters ? [response] : listSentences(response);
  if (sentences.length > maxSentences) {
    return refuse(`the answer has ${sentences.length} sentences; at most ${maxSentences} are compared`);
  }
  return await embed(embedder, sentences, signal, async (vectors) => {
    const value = vectors.slice(1).map((vector, index) => cosine(vectors[index] ?? vector, vector));
    return value.length === 0 ? refuse("one sentence has no other to be like") : { ok: true, value };
  });
}

/** Cosine of two texts. */
export async function measureTextSimilarity(
  embedder: Embedder,
  texts: readonly [string, string],
  signal: AbortSignal,
): Promise<Measured<number>> {
  return await embed(embedder, texts, signal, async ([first, second]) =>
    first && second ? { ok: true, value: cosine(first, second) } : refuse(`${embedder.name} gave no vectors`),
  );
}

async function embed<T>(
  embedder: Embedder,
  texts: readonly string[],
  signal: AbortSignal,
  read: (vectors: readonly Float32Array[]) => Promise<Measured<T>>,
): Promise<Measured<T>> {
  const longest = Math.max(0, ...texts.map((text) => text.length));
  if (longest > maxEmbeddedCharacters) {
    return refuse(`a text has ${longest} characters; at most ${maxEmbeddedCharacters} are compared`);
  }
  try {
    return await read(await embedder.embed(texts, signal));
  } catch (error) {
    signal.throwIfAborted();
    return refuse(`${embedder.name} could not embed the texts: ${toAppError(error).message}`);
  }
}

function refuse(reason: string): Unmeasured {
  return { ok: false, reason };
}

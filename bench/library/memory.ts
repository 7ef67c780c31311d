import { describeFile } from "../../src/models/index.ts";
import { createChatRequest, createRealEngine, demoModelPath } from "../../src/testing/index.ts";
import type { Figure } from "../figures.ts";
import { ensureModel, halfBillion, smallVocabulary152k } from "../models.ts";

const maxDeviation = 0.1;
const contextTokens = 4_096;
/** Long enough that its evaluation touches all that was allocated. */
const promptTokens = 2_000;
const never = new AbortController().signal;

/** What models were estimated to take, against what their hosts hold after an answer to a long prompt. */
export async function measureMemory(): Promise<readonly Figure[]> {
  const paths = [demoModelPath, await ensureModel(smallVocabulary152k), await ensureModel(halfBillion)];
  return await Promise.all(paths.map(compare));
}

async function compare(path: string): Promise<Figure> {
  const record = describeFile(path, { name: "model", source: "file" });
  const engine = await createRealEngine({ models: [record], contextTokens });
  const { vocabularySize, contextTokens: served } = await engine.load("model");
  const tokens = Array.from(
    { length: Math.min(promptTokens, served - 16) },
    (_, i) => 100 + (i % (vocabularySize - 100)),
  );
  const request = createChatRequest("", { model: "model", input: { type: "tokens", tokens }, maxTokens: 8 });
  for await (const _ of engine.generate(request, never));
  const { hostMemoryBytes = 0, prefixCacheBytes = 0 } = engine.stats("model") ?? {};
  const used = hostMemoryBytes - prefixCacheBytes;
  const estimated = engine.estimate(record).totalBytes;
  await engine.stop(AbortSignal.abort());
  const deviation = estimated / used - 1;
  return {
    name: `memory of ${path.replace(/.*\//, "")}: estimate against what its host holds`,
    value: `${toMib(estimated)} against ${toMib(used)} MiB (${(100 * deviation).toFixed(1)} %)`,
    target: `within ${100 * maxDeviation} %`,
    isReached: Math.abs(deviation) <= maxDeviation,
  };
}

function toMib(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(0);
}

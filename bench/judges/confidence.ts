import { createApp } from "../../src/app/index.ts";
import { loadConfig } from "../../src/config/index.ts";
import type { GenerateRequest } from "../../src/contract/index.ts";
import { createChatRequest, createTemporaryFolder } from "../../src/testing/index.ts";
import type { Figure } from "../figures.ts";
import { ensureModel, halfBillion, smallVocabulary152k } from "../models.ts";
import { median } from "../statistics.ts";

const minShare = 0.95;

type Subject = {
  readonly name: string;
  readonly model: string;
  readonly tokens: number;
  readonly pairs: number;
};

/** The speed of a chat whose confidence is measured, as a share of the same chat without; runs in turn. */
export async function measureConfidence(): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  const subjects: readonly Subject[] = [
    { name: "0.5 B", model: await ensureModel(halfBillion), tokens: 64, pairs: 9 },
    { name: "small, 152 k vocabulary", model: await ensureModel(smallVocabulary152k), tokens: 256, pairs: 9 },
    { name: "built-in", model: "hearth-demo", tokens: 512, pairs: 25 },
  ];
  for (const subject of subjects) figures.push(await measureShare(subject));
  return figures;
}

async function measureShare({ name, model, tokens, pairs }: Subject): Promise<Figure> {
  using folder = createTemporaryFolder();
  const flags = { home: folder.path, models: [model], discover: "off", logLevel: "error" };
  const app = await createApp(await loadConfig({ flags, environment: {} }));
  const request = createChatRequest("Tell me about the sea.", {
    ...{ model: app.models[0] ?? model, maxTokens: tokens },
    sampling: { temperature: 0, seed: 1, ignoreEndOfSequence: true },
  });
  const measured = { ...request, judging: { trajectory: true } };
  await timeTokens(app.generate, measured);
  const shares: number[] = [];
  for (let pair = 0; pair < pairs; pair += 1) {
    // Who comes first changes, so that neither gains from what the other left.
    const order = pair % 2 === 0 ? [request, measured] : [measured, request];
    const times = new Map<GenerateRequest, number>();
    for (const each of order) times.set(each, await timeTokens(app.generate, each));
    shares.push((times.get(request) ?? 0) / (times.get(measured) ?? 0));
  }
  await app.stop(AbortSignal.abort());
  const share = median(shares);
  return {
    name: `tokens per second with confidence measured, against without: ${name} model`,
    value: share.toFixed(3),
    target: `>= ${minShare}`,
    isReached: share >= minShare,
  };
}

/** Milliseconds from the first token to the last. */
async function timeTokens(
  generate: Awaited<ReturnType<typeof createApp>>["generate"],
  request: GenerateRequest,
): Promise<number> {
  let firstMs: number | undefined;
  for await (const event of generate(request, new AbortController().signal))
    if (event.type === "text") firstMs ??= performance.now();
  return performance.now() - (firstMs ?? Number.NaN);
}

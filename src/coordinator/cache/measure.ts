import { createId, toAppError } from "../../base/index.ts";
import { mayNameUpstream } from "../../upstreams/index.ts";
import { embedTexts } from "./embed-texts.ts";
import { type Entry, raiseFloor } from "./entry-store.ts";
import { findMatch, labelMatch } from "./match-store.ts";
import { type Asked, type CacheParts, exactSpace, type Miss } from "./parts.ts";
import { saySame } from "./same-answer.ts";
import type { StoredAnswer } from "./stored-answer.ts";

/** Of answers served by meaning, so many are made again to be compared. */
export const againShare = 0.01;

/** Holds the fresh answer against the stored one that was found for its question, and takes note of the outcome. */
export async function measureComparison(
  parts: CacheParts,
  asked: Asked,
  { comparison }: Miss,
  fresh: StoredAnswer,
  signal: AbortSignal,
): Promise<void> {
  if (!comparison) return;
  const { entry, question, answer, similarity, ageSeconds, space, source } = comparison;
  const { request } = asked;
  if (source === "near") {
    const ask = { query: asked.question.text, cachedQuery: question, similarity, ageSeconds };
    if (!(await parts.guard.serve(ask, { signal, isLocal: asked.isLocal })).ok) return;
  }
  const isRight = await tryToCompare(parts, asked, [fresh.text, answer.text], signal);
  if (isRight === undefined) return;
  const label = { isRight, source };
  const { id: requestId, tenant } = request;
  parts.journal.note({
    type: "match",
    match: { requestId, tenant, entry, space, similarity, isServed: false, label },
  });
  if (!isRight && source === "shadow") parts.deps.observer.falseHit();
  if (!isRight && space !== exactSpace) {
    const { kysely } = await parts.database();
    await raiseFloor(kysely, entry, similarity);
  }
}

/** Undefined where the embedding model cannot say, as where it cannot be loaded: no label is better than a guess. */
async function tryToCompare(
  parts: CacheParts,
  asked: Asked,
  answers: readonly [string, string],
  signal: AbortSignal,
): Promise<boolean | undefined> {
  try {
    return await isSame(parts, asked, answers, signal);
  } catch (error) {
    signal.throwIfAborted();
    const { message } = toAppError(error);
    parts.journal.count("uncompared");
    parts.deps.logger.warn("cache_answers_uncompared", { id: asked.request.id, error: message });
    return undefined;
  }
}

/** Now and then makes an answer again that was served by meaning, where that is made here, and compares the two. */
export function answerAgain(parts: CacheParts, asked: Asked, { answer }: Entry): void {
  const { deps, again, database, journal, thresholds } = parts;
  const isRemote = mayNameUpstream(answer.answeredBy) || asked.request.routing === "remote";
  if (isRemote || deps.random() >= againShare) return;
  again.add(async (signal) => {
    const fresh = await generateAgain(parts, asked, signal);
    const isRight = await isSame(parts, asked, [fresh, answer.text], signal);
    await journal.settle();
    const opened = await database();
    const { tenant, id: requestId } = asked.request;
    const match = await findMatch(opened, tenant, { requestId });
    if (!match) return;
    await labelMatch(opened.kysely, match.id, { isRight, source: "again" });
    if (!isRight) await raiseFloor(opened.kysely, match.entry, match.similarity);
    if (!isRight) deps.observer.falseHit();
    thresholds.forget({ space: match.space, tenant });
  });
}

async function generateAgain({ deps }: CacheParts, { request }: Asked, signal: AbortSignal): Promise<string> {
  const { isInteraction: _, judging: __, ...asked } = request;
  const again = { ...asked, id: createId("again"), caching: "off", priority: "batch" } as const;
  let text = "";
  for await (const event of deps.generate(again, signal)) if (event.type === "text") text += event.text;
  return text;
}

/** Without an embedding model only the same text says the same. */
async function isSame(
  { deps }: CacheParts,
  { request, isLocal }: Asked,
  [first, second]: readonly [string, string],
  signal: AbortSignal,
): Promise<boolean> {
  const { embeddingModel } = deps.settings;
  return await saySame(first, second, async (texts) =>
    embeddingModel === undefined
      ? []
      : await embedTexts(deps, embeddingModel, texts, {
          ...{ tenant: request.tenant, signal },
          privacy: isLocal ? "local" : undefined,
        }),
  );
}

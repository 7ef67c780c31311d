import { toAppError, withoutFolder } from "../../base/index.ts";
import type {
  AnswerEvent,
  CacheReceipt,
  ContextReceipt,
  GenerateEvent,
  GenerateRequest,
} from "../../contract/index.ts";
import { type Entry, findExact } from "./entry-store.ts";
import { readFacts } from "./facts.ts";
import { embedQuestion, findSimilar, type Similar } from "./find-similar.ts";
import { fingerprintOf } from "./fingerprint.ts";
import { keepAnswer } from "./keep-answer.ts";
import { answerAgain } from "./measure.ts";
import { type Asked, ageInSeconds, type CacheParts, exactSpace, type Meaning, type Miss } from "./parts.ts";
import { hashQuestion, type Question, readQuestion } from "./question.ts";
import { replay } from "./stored-answer.ts";

/** What is known of a request before anything is generated for it. */
export type CacheLookup =
  | {
      readonly hit: true;
      readonly receipt: CacheReceipt;
      readonly answeredBy: string;
      /** Whether the question must not leave this machine, by its own label or that of what it is answered from. */
      readonly isLocal: boolean;
      /** What the answer was given to rest on. */
      readonly context?: ContextReceipt;
      /** The stored answer in the shape of a generated one. */
      readonly events: AsyncIterable<GenerateEvent>;
    }
  | {
      readonly hit: false;
      readonly receipt: CacheReceipt;
      /** Passes the events on, and keeps the answer where it may be kept. */
      keep(events: AsyncIterable<AnswerEvent>): AsyncIterable<AnswerEvent>;
    };

/** Looks the answer up. Faults of the cache are misses with a reason; only the caller's own abort rejects. */
export async function lookUp(
  parts: CacheParts,
  request: GenerateRequest,
  signal: AbortSignal,
): Promise<CacheLookup> {
  const { caching = "off" } = request;
  const reading = readQuestion(request);
  if (caching === "off") return pass({ outcome: "off" });
  if (!reading.cacheable) return pass({ outcome: "off", reason: reading.reason });
  try {
    const asked = await describe(parts, { ...request, caching }, reading.question);
    return await search(parts, asked, signal);
  } catch (error) {
    signal.throwIfAborted();
    const failure = toAppError(error);
    parts.deps.logger.warn("cache_failed", { id: request.id, error: failure.message });
    parts.journal.count("failed");
    return pass({ outcome: "miss", reason: `the cache failed: ${withoutFolder(failure)}` });
  }
}

function pass(receipt: CacheReceipt): CacheLookup {
  return { hit: false, receipt, keep: (events) => events };
}

type CachingRequest = GenerateRequest & { readonly caching: Asked["mode"] };

async function describe(
  { deps, purges }: CacheParts,
  request: CachingRequest,
  question: Question,
): Promise<Asked> {
  const { facts, model, isLocal } = await readFacts(deps, request);
  return {
    ...{ request, mode: request.caching, question, model, isLocal },
    purges: purges.count,
    questionHash: hashQuestion(question.text),
    fingerprint: fingerprintOf(request, facts),
    ...(facts.space !== undefined && { space: facts.space }),
  };
}

async function search(parts: CacheParts, asked: Asked, signal: AbortSignal): Promise<CacheLookup> {
  const { database, rules, journal } = parts;
  const found = await findExact(await database(), asked, rules);
  if (found?.state === "stale") journal.note({ type: "stale", removed: found.removed });
  if (found?.state === "fresh") {
    const same = { entry: found.entry, similarity: 1 };
    return asked.mode === "shadow"
      ? shadow(parts, asked, { ...same, space: exactSpace })
      : serve(parts, asked, { ...same, space: exactSpace }, signal);
  }
  return asked.mode === "exact"
    ? miss(parts, asked, { receipt: { outcome: "miss" } })
    : await searchMeaning(parts, asked, signal);
}

async function searchMeaning(parts: CacheParts, asked: Asked, signal: AbortSignal): Promise<CacheLookup> {
  const { space, question } = asked;
  const { embeddingModel } = parts.deps.settings;
  const reason =
    question.exactOnly ??
    (space === undefined ? "no embedding model tells meaning: only the same question hits" : undefined);
  if (reason !== undefined || space === undefined || embeddingModel === undefined)
    return miss(parts, asked, { receipt: { outcome: "miss", ...(reason !== undefined && { reason }) } });
  const embedded = await embedQuestion(parts, asked, embeddingModel, signal).catch((error: unknown) => {
    signal.throwIfAborted();
    return { unembedded: `${embeddingModel} could not embed the question: ${toAppError(error).message}` };
  });
  if (!embedded || "unembedded" in embedded) {
    const reason = embedded?.unembedded ?? `${embeddingModel} gave no vector`;
    return miss(parts, asked, { receipt: { outcome: "miss", reason } });
  }
  const similar = await findSimilar(parts, asked, embedded, { space, signal });
  signal.throwIfAborted();
  if (similar.served) {
    const match = { ...similar.served, space };
    return asked.mode === "shadow"
      ? shadow(parts, asked, match, embedded)
      : serve(parts, asked, match, signal);
  }
  const { near } = similar;
  return miss(parts, asked, {
    receipt: { outcome: "miss", ...(similar.reason !== undefined && { reason: similar.reason }) },
    meaning: embedded,
    ...(near && { comparison: toComparison(parts, { ...near, space }, "near") }),
  });
}

type Match = Similar & { readonly space: string };

function serve(parts: CacheParts, asked: Asked, match: Match, signal: AbortSignal): CacheLookup {
  const { entry, similarity, space } = match;
  const { journal, rules } = parts;
  const outcome = space === exactSpace ? "exact" : "semantic";
  journal.count(outcome);
  parts.deps.observer.cacheLooked(outcome);
  journal.note({ type: "hit", id: entry.id, atMs: rules.now() });
  const { id: requestId, tenant } = asked.request;
  journal.note({
    type: "match",
    match: { requestId, tenant, entry: entry.name, space, similarity, isServed: true },
  });
  if (outcome === "semantic") answerAgain(parts, asked, entry);
  const { answer } = entry;
  return {
    hit: true,
    isLocal: asked.isLocal,
    answeredBy: answer.answeredBy,
    receipt: { outcome, ...describeEntry(parts, entry, similarity) },
    events: replay(answer, signal),
    ...(answer.context && { context: answer.context }),
  };
}

function shadow(parts: CacheParts, asked: Asked, match: Match, meaning?: Meaning): CacheLookup {
  parts.journal.count("shadow");
  parts.deps.observer.cacheLooked("shadow");
  return keeping(parts, asked, {
    receipt: { outcome: "shadow", ...describeEntry(parts, match.entry, match.similarity) },
    comparison: toComparison(parts, match, "shadow"),
    ...(meaning && { meaning }),
  });
}

function miss(parts: CacheParts, asked: Asked, missed: Miss): CacheLookup {
  parts.journal.count("miss");
  parts.deps.observer.cacheLooked("miss");
  return keeping(parts, asked, missed);
}

function keeping(parts: CacheParts, asked: Asked, missed: Miss): CacheLookup {
  return { hit: false, receipt: missed.receipt, keep: (events) => keepAnswer(parts, asked, missed, events) };
}

function describeEntry({ rules }: CacheParts, { name, createdAtMs }: Entry, similarity: number) {
  return { entry: name, similarity, ageSeconds: ageInSeconds(createdAtMs, rules.now()) };
}

function toComparison({ rules }: CacheParts, { entry, similarity, space }: Match, source: "shadow" | "near") {
  const { name, question, answer, createdAtMs } = entry;
  const ageSeconds = ageInSeconds(createdAtMs, rules.now());
  return { entry: name, question, answer, similarity, ageSeconds, space, source };
}

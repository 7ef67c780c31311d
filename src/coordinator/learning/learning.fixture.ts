/** Learning over a real database and real policies, with collections in memory whose vectors are those of words. */
import type { AppError } from "../../base/index.ts";
import type { GenerateRequest, JsonObject, Receipt } from "../../contract/index.ts";
import { cosine, createEmbedder } from "../../judges/index.ts";
import type { Collection, Hit, Knowledge, NewDocument } from "../../knowledge/index.ts";
import type { Telemetry } from "../../observability/index.ts";
import { createPlugins, silentObserver } from "../../plugin-host/index.ts";
import { systemClock } from "../../resilience/index.ts";
import { type Database, openHomeDatabase } from "../../store/index.ts";
import {
  createChatRequest,
  createFakeEngine,
  createFakeLibrary,
  createTemporaryFolder,
  type FakeEngine,
  type FakeStep,
} from "../../testing/index.ts";
import type { CoordinatorDeps } from "../deps.ts";
import { silentObserver as silentCoordinator } from "../observer.ts";
import type { GenerationRecord } from "../recorder.ts";
import { createLearning, type LearningOptions } from "./learning.ts";

export const { signal } = new AbortController();

export type FakeKnowledge = Pick<Knowledge, "collections" | "documents" | "search"> & {
  /** Documents by collection and source. */
  readonly stored: ReadonlyMap<string, ReadonlyMap<string, StoredFake>>;
  /** Every call of `noteUse`, in order. */
  readonly uses: readonly { readonly chunkIds: readonly string[]; readonly success: boolean }[];
  /** Given: adding and searching rejects with it. */
  failure: AppError | undefined;
  label(collection: string, label: "local" | "any"): void;
};
type StoredFake = { readonly id: string; readonly text: string; attributes: JsonObject };

const names = [
  "codebase-context",
  "skills-patterns",
  "error-solutions",
  "interaction-history",
  "best-practices",
];

function createFakeKnowledge(engine: FakeEngine): FakeKnowledge {
  const embedder = createEmbedder({ engine });
  const stored = new Map<string, Map<string, StoredFake>>(names.map((name) => [name, new Map()]));
  const labels = new Map<string, "local" | "any">();
  const uses: { chunkIds: readonly string[]; success: boolean }[] = [];
  let made = 0;
  const describe = (name: string): Collection => ({
    ...{ name, description: "", embeddingModel: "words", label: labels.get(name) ?? "any" },
    ...{ documents: stored.get(name)?.size ?? 0, chunks: stored.get(name)?.size ?? 0 },
    ...{ revision: 0, createdAtMs: 0, changedAtMs: 0, dimension: 1024 },
  });
  const absent = () => Promise.reject(new Error("learning has no use for it"));
  const fake: FakeKnowledge = {
    ...{ stored, uses, failure: undefined },
    label: (collection, label) => void labels.set(collection, label),
    collections: {
      list: async () => names.map(describe),
      find: async (name) => (stored.has(name) ? describe(name) : undefined),
      get: async (name) => describe(name),
      ...{ create: absent, update: absent, remove: absent, reembed: absent, revision: absent },
    },
    documents: {
      async add(collection, documents: readonly NewDocument[]) {
        if (fake.failure) throw fake.failure;
        return documents.map(({ source, chunks, attributes }) => {
          const id = `document-${++made}`;
          stored.get(collection)?.set(source, { id, text: chunks[0]?.text ?? "", attributes });
          return { id, source, status: "added" as const };
        });
      },
      async setAttributes(collection, id, attributes) {
        for (const document of stored.get(collection)?.values() ?? [])
          if (document.id === id) document.attributes = { ...document.attributes, ...attributes };
      },
      async removeSources(collection, sources) {
        return sources.filter((source) => stored.get(collection)?.delete(source)).length;
      },
      list: async (collection) =>
        Array.from(stored.get(collection) ?? [], ([source, { id, attributes }]) => ({
          ...{ id, source, attributes, contentHash: "", chunks: 1, addedAtMs: 0 },
        })),
      noteUse: async (chunkIds, { success }) => void uses.push({ chunkIds, success }),
      ...{ get: absent, find: absent, remove: absent, hashes: absent },
    },
    async search({ collections, text, maxResults, minScore = 0, filter = {} }) {
      if (fake.failure) throw fake.failure;
      const hits: Hit[] = [];
      for (const collection of collections)
        for (const [source, document] of stored.get(collection) ?? []) {
          if (Object.entries(filter).some(([key, value]) => document.attributes[key] !== value)) continue;
          const [asked, found] = await embedder.embed([text, document.text], signal);
          const score = asked && found ? Math.max(0, cosine(asked, found)) : 0;
          if (score < minScore || score === 0) continue;
          hits.push({
            ...{ chunkId: `chunk-of-${document.id}`, documentId: document.id, collection, source, score },
            ...{ startLine: 1, endLine: 1, text: document.text, attributes: document.attributes },
          });
        }
      return {
        mode: "hybrid",
        hits: hits.sort((left, right) => right.score - left.score).slice(0, maxResults),
      };
    },
  };
  return fake;
}

export type TestLearningOptions = {
  readonly interactions?: "off" | "hash" | "redacted" | "full";
  readonly retention?: LearningOptions["retention"];
  readonly clock?: LearningOptions["clock"];
  /** What the model answers that is asked for a pattern. */
  readonly pattern?: (request: GenerateRequest) => string;
  readonly changes?: Partial<CoordinatorDeps>;
};

export type Told = { readonly name: string; readonly payload: Readonly<Record<string, unknown>> };

/** Everything opened anew in a temporary folder; `await using` ends it. */
export async function openTestLearning({
  interactions = "full",
  retention,
  clock,
  pattern = () => "no pattern",
  changes,
}: TestLearningOptions = {}) {
  const folder = createTemporaryFolder();
  const script = (request: GenerateRequest): readonly FakeStep[] => [{ text: pattern(request) }];
  const engine = createFakeEngine({ script });
  const knowledge = createFakeKnowledge(engine);
  const database: Database = await openHomeDatabase(folder.path);
  const plugins = createPlugins({
    ...{ home: folder.path, trustedKeys: [], requireSigned: false, readVariable: () => undefined },
    ...{ clock: systemClock, now: Date.now, observer: silentObserver },
  });
  const warnings: string[] = [];
  const told: Told[] = [];
  const time = { nowMs: Date.UTC(2026, 0, 31, 12) };
  const telemetry: Telemetry = {
    tell: (name, payload) => void told.push({ name, payload }),
    flush: async () => undefined,
    stats: () => ({ written: told.length, dropped: 0 }),
  };
  const deps: CoordinatorDeps = {
    ...{ engine, telemetry, library: createFakeLibrary(), observer: silentCoordinator },
    generate: (request, given) => engine.generate(request, given),
    // Learning indexes nothing itself.
    knowledge: async () => knowledge as Partial<Knowledge> as Knowledge,
    plugins: async () => plugins,
    database: async () => database,
    upstreams: { list: [], find: () => undefined },
    settings: {
      ...{
        cache: "off",
        cacheTtlMs: 1,
        cacheMaxBytes: 1,
        cacheFalseHits: 0.01,
        collections: [],
        interactions,
      },
      ...{ routePolicy: "route-by-complexity", fallbacks: [], models: ["fake-model"] },
    },
    logger: {
      info: () => undefined,
      warn: (event) => void warnings.push(event),
      error: (event) => void warnings.push(event),
    },
    ...{ now: () => time.nowMs, nowMs: () => time.nowMs, random: () => 0.5 },
    ...changes,
  };
  const learning = createLearning(deps, { ...(retention && { retention }), ...(clock && { clock }) });
  return {
    ...{ learning, knowledge, database, engine, deps, warnings, told, time, plugins, folder },
    async [Symbol.asyncDispose]() {
      await learning.close();
      await plugins.close();
      await database.close();
      folder[Symbol.dispose]();
    },
  };
}

type RecordChanges = Partial<Omit<GenerationRecord, "request">> & {
  readonly request?: Partial<GenerateRequest>;
};

/** A finished chat of a client, as the pipeline tells it. */
export function createRecord(
  id: string,
  question: string,
  answer: string,
  { request: asked, ...changes }: RecordChanges = {},
): GenerationRecord {
  const request = createChatRequest(question, {
    ...{ id, tenant: "alice", isInteraction: true, sampling: {} },
    ...asked,
  });
  return {
    ...{ id, model: "fake-model", tenant: request.tenant, outcome: "finished", e2eMs: 40, interTokenMs: [] },
    ...{ request, answer, receipt: createReceipt() },
    usage: { promptTokens: 30, cachedTokens: 0, completionTokens: 12, reasoningTokens: 0 },
    ...changes,
  };
}

export function createReceipt(changes: Partial<Receipt> = {}): Receipt {
  return {
    ...{ answeredBy: "fake-model", cache: { outcome: "off" } },
    route: { kind: "local", asked: "fake-model", rule: "named", reason: "it is named", attempts: [] },
    ...changes,
  };
}

export function createContext(chunkIds: readonly string[], collections = ["codebase-context"]) {
  return {
    ...{ collections, mode: "words" as const },
    citations: chunkIds.map((chunkId, index) => ({
      ...{ index: index + 1, collection: collections[0] ?? "", chunkId, source: "a.ts" },
      ...{ startLine: 1, endLine: 2, score: 0.9, text: "text" },
    })),
  };
}

import { AppError } from "../base/index.ts";
import type { EmbedRequest, JsonObject } from "../contract/index.ts";
import type { ModelEntry } from "../engine/index.ts";
import { type Database, openHomeDatabase } from "../store/index.ts";
import { createTemporaryFolder } from "../testing/index.ts";
import type { KnowledgeDeps } from "./deps.ts";
import { createKnowledge, type Knowledge, type NewDocument } from "./knowledge.ts";

export type FakeModel = {
  readonly dimension: number;
  /** Words that it takes in one text; absent: any number. */
  readonly maxWords?: number;
  readonly isRemote?: boolean;
  readonly parameters?: number;
  /** What it gives instead of a vector of the words. */
  readonly vectorOf?: (text: string) => Float32Array;
  readonly fails?: () => AppError | undefined;
};

export type FakeEmbeddingEngine = KnowledgeDeps["engine"] & {
  readonly embedded: EmbedRequest[];
  readonly reranked: string[][];
  models: Record<string, FakeModel>;
};

/** Words that mean the same to every fake model. */
const synonyms: Readonly<Record<string, string>> = { car: "automobile", fix: "repair", kitten: "cat" };

/** Each word is a direction of its own; a text is their sum. A rerank model prefers short texts. */
export function createFakeEmbeddingEngine(models: Record<string, FakeModel> = {}): FakeEmbeddingEngine {
  const embedded: EmbedRequest[] = [];
  const reranked: string[][] = [];
  const engine: FakeEmbeddingEngine = {
    ...{ embedded, reranked, models },
    async find(name) {
      const model = engine.models[name];
      if (!model) throw new AppError("model_not_found", `there is no model ${name}`);
      return toEntry(name, model);
    },
    async embed(request) {
      embedded.push(request);
      const model = engine.models[request.model];
      const failure = model?.fails?.();
      if (failure) throw failure;
      if (!model) throw new AppError("model_not_found", `there is no model ${request.model}`);
      const vectors = request.inputs.map((input, index) => embedFake(model, String(input), index));
      return { vectors, promptTokens: 0 };
    },
    async rerank({ documents, model: name }) {
      const model = engine.models[name];
      const failure = model?.fails?.();
      if (failure) throw failure;
      for (const [index, text] of documents.entries()) checkLength(model, text, index);
      reranked.push([...documents]);
      return { scores: documents.map((text) => -text.length), promptTokens: 0 };
    },
    load: () => Promise.reject(new AppError("server_error", "the fake loads nothing")),
  };
  return engine;
}

function toEntry(id: string, { isRemote = false, parameters = 1, dimension }: FakeModel): ModelEntry {
  const can = { generate: false, chat: false, tools: false, reasoning: false, infill: false };
  return {
    ...{ id, createdAtSeconds: 0, state: "ready", isRemote },
    summary: {
      ...{ architecture: "bert", parameters, quantisation: "F16", embeddingLength: dimension },
      capabilities: { ...can, embed: true, rerank: true },
    },
  };
}

/** The words of a text; throws as an engine does where there are too many. */
function checkLength(model: FakeModel | undefined, text: string, index: number): readonly string[] {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  const max = model?.maxWords ?? words.length;
  if (words.length <= max) return words;
  const details = { required: words.length, max, index };
  throw new AppError("context_limit_exceeded", `input ${index} is too long`, { details });
}

function embedFake(model: FakeModel, text: string, index: number): Float32Array {
  const { dimension, vectorOf } = model;
  const words = checkLength(model, text, index);
  if (vectorOf) return vectorOf(text);
  const vector = new Float32Array(dimension);
  for (const word of words) {
    const direction = directionOf(synonyms[word] ?? word, dimension);
    for (let place = 0; place < dimension; place++)
      vector[place] = (vector[place] ?? 0) + (direction[place] ?? 0);
  }
  return vector;
}

function directionOf(word: string, dimension: number): Float32Array {
  let state = Number(Bun.hash.xxHash64(word) & 0x7fffffffn) || 1;
  return Float32Array.from({ length: dimension }, () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647 - 0.5;
  });
}

export type KnowledgeFixture = AsyncDisposable & {
  readonly knowledge: Knowledge;
  readonly database: Database;
  readonly engine: FakeEmbeddingEngine;
  readonly home: string;
  nowMs: number;
};

export type KnowledgeFixtureOptions = {
  readonly models?: Record<string, FakeModel>;
  readonly embeddingModel?: string;
};

/** Knowledge in a database of its own, with models of `models`. */
export async function openKnowledge(options: KnowledgeFixtureOptions = {}): Promise<KnowledgeFixture> {
  const folder = createTemporaryFolder();
  const home = folder.file("home");
  const database = await openHomeDatabase(home);
  await database.loadVectors(home);
  const engine = createFakeEmbeddingEngine(options.models);
  const fixture = { nowMs: 1_000_000 };
  const knowledge = createKnowledge({
    ...{ home, engine, database: async () => database, now: () => fixture.nowMs, logger: { warn() {} } },
    ...(options.embeddingModel !== undefined && { embeddingModel: options.embeddingModel }),
  });
  return Object.assign(fixture, {
    ...{ knowledge, database, engine, home },
    async [Symbol.asyncDispose]() {
      await database.close();
      folder[Symbol.dispose]();
    },
  });
}

/** A document of one chunk a text, of lines that follow one another. */
export function createDocument(
  source: string,
  texts: string | readonly string[],
  attributes: JsonObject = {},
): NewDocument {
  const list = typeof texts === "string" ? [texts] : texts;
  const chunks = list.map((text, index) => ({ text, startLine: index * 10 + 1, endLine: index * 10 + 10 }));
  return { source, chunks, attributes, contentHash: Bun.hash(JSON.stringify(list)).toString(16) };
}

export const { signal } = new AbortController();

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createKnowledge, type Knowledge, type KnowledgeDeps } from "../../src/knowledge/index.ts";
import { openHomeDatabase } from "../../src/store/index.ts";
import type { Figure } from "../figures.ts";
import { median } from "../statistics.ts";
import { createVectors, makeDocuments, makeQuestions } from "./synthetic.ts";

const chunkCount = 100_000;
const dimension = 384;
const questionCount = 200;
const recallQuestions = 40;
const recalled = 10;
const addedAtOnce = 50;
const collection = "bench";
const { signal } = new AbortController();

/** Speed of indexing, of hybrid questions, and what its shortcut through vectors costs, over 100,000 chunks. */
export async function measureRetrieval(): Promise<readonly Figure[]> {
  const home = mkdtempSync(join(tmpdir(), "hearth-bench-"));
  const database = await openHomeDatabase(home);
  try {
    await database.loadVectors(home);
    const engine = createBenchEngine();
    const knowledge = createKnowledge({
      ...{ home, engine, database: async () => database, now: Date.now, logger: { warn() {} } },
    });
    const words = await fill(knowledge, null);
    await knowledge.collections.remove(collection);
    const vectors = await fill(knowledge, "bench");
    const questions = await ask(knowledge);
    return [
      atLeast("indexing by words alone", words.chunksPerSecond, 500, "chunks/s"),
      { name: "longest turn of the event loop meanwhile", value: `${words.longestTurnMs.toFixed(0)} ms` },
      {
        name: `indexing with given vectors of ${dimension}`,
        value: `${vectors.chunksPerSecond.toFixed(0)} chunks/s`,
      },
      ...questions,
      await measureRecall(knowledge, engine),
    ];
  } finally {
    await database.close();
    rmSync(home, { recursive: true, force: true });
  }
}

type BenchEngine = KnowledgeDeps["engine"] & { readonly stored: Float32Array[]; asked: Float32Array };

/** Gives drawn vectors: how long a model takes is no matter of this bench. */
function createBenchEngine(): BenchEngine {
  const draw = createVectors(dimension, 4);
  const drawQuestion = createVectors(dimension, 5);
  const stored: Float32Array[] = [];
  const can = { generate: false, chat: false, tools: false, reasoning: false, infill: false, rerank: false };
  const unused = () => Promise.reject(new Error("not part of the bench"));
  const engine: BenchEngine = {
    ...{ stored, asked: drawQuestion(), load: unused, rerank: unused },
    find: async (id) => ({
      ...{ id, createdAtSeconds: 0, state: "ready" },
      summary: {
        architecture: "bert",
        parameters: 1,
        quantisation: "F32",
        capabilities: { ...can, embed: true },
      },
    }),
    async embed({ inputs, tenant }) {
      if (tenant === "question") {
        engine.asked = drawQuestion();
        return { vectors: [engine.asked], promptTokens: 0 };
      }
      const vectors = inputs.map(draw);
      stored.push(...vectors);
      return { vectors, promptTokens: 0 };
    },
  };
  return engine;
}

async function fill({ collections, documents }: Knowledge, embeddingModel: string | null) {
  await collections.create({ name: collection, embeddingModel });
  const all = [...makeDocuments(chunkCount)];
  const turns = watchTurns();
  const startedMs = performance.now();
  for (let start = 0; start < all.length; start += addedAtOnce)
    await documents.add(collection, all.slice(start, start + addedAtOnce), signal);
  const seconds = (performance.now() - startedMs) / 1000;
  return { chunksPerSecond: chunkCount / seconds, longestTurnMs: turns.stop() };
}

/** The longest time between two turns of the event loop. */
function watchTurns(): { stop(): number } {
  let [last, longest, isOn] = [performance.now(), 0, true];
  const turn = (): void => {
    const nowMs = performance.now();
    longest = Math.max(longest, nowMs - last);
    last = nowMs;
    if (isOn) setImmediate(turn);
  };
  setImmediate(turn);
  return {
    stop() {
      isOn = false;
      return longest;
    },
  };
}

async function ask(knowledge: Knowledge): Promise<readonly Figure[]> {
  const timesMs: number[] = [];
  const turns = watchTurns();
  for (const text of makeQuestions(questionCount)) {
    const startedMs = performance.now();
    const query = { collections: [collection], text, maxResults: 10, tenant: "question" };
    const { hits, mode } = await knowledge.search(query, signal);
    timesMs.push(performance.now() - startedMs);
    if (mode !== "hybrid" || hits.length === 0) throw new Error(`"${text}" found nothing`);
  }
  const longestTurnMs = turns.stop();
  const p95 = timesMs.toSorted((one, other) => one - other)[Math.floor(0.95 * timesMs.length)] ?? Number.NaN;
  return [
    atMost(`hybrid question over ${chunkCount} chunks, p50`, median(timesMs), 25),
    { name: "the same, p95", value: `${p95.toFixed(1)} ms` },
    { name: "longest turn of the event loop meanwhile", value: `${longestTurnMs.toFixed(0)} ms` },
  ];
}

/** Against all vectors compared exactly. Signs and marks leave the words without a say. */
async function measureRecall(knowledge: Knowledge, engine: BenchEngine): Promise<Figure> {
  let found = 0;
  const query = { collections: [collection], text: "???", maxResults: recalled, tenant: "question" };
  for (let question = 0; question < recallQuestions; question++) {
    const { hits } = await knowledge.search(query, signal);
    const exact = engine.stored
      .map((vector, index) => ({ index, cosine: dot(vector, engine.asked) }))
      .sort((one, other) => other.cosine - one.cosine)
      .slice(0, recalled);
    const numbers = new Set(hits.map(({ chunkId }) => Number(chunkId.split("-").at(-1)) - 1));
    found += exact.filter(({ index }) => numbers.has(index)).length;
  }
  const recall = found / (recallQuestions * recalled);
  return atLeast(`recall@${recalled} of the vectors against exact`, recall, 0.95, "");
}

function dot(one: Float32Array, other: Float32Array): number {
  let sum = 0;
  for (let index = 0; index < one.length; index++) sum += (one[index] ?? 0) * (other[index] ?? 0);
  return sum;
}

function atLeast(name: string, value: number, bound: number, unit: string): Figure {
  const shown = value >= 10 ? value.toFixed(0) : value.toFixed(3);
  return {
    name,
    value: `${shown} ${unit}`.trim(),
    target: `>= ${bound} ${unit}`.trim(),
    isReached: value >= bound,
  };
}

function atMost(name: string, value: number, bound: number): Figure {
  return { name, value: `${value.toFixed(1)} ms`, target: `<= ${bound} ms`, isReached: value <= bound };
}

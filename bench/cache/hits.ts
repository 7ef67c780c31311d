import { type CacheWorld, openCacheWorld, openGuard } from "../../src/coordinator/cache/cache-fixture.ts";
import { insertEntry } from "../../src/coordinator/cache/entry-store.ts";
import { hashQuestion } from "../../src/coordinator/cache/question.ts";
import { packSigns } from "../../src/coordinator/cache/sign-bits.ts";
import type { Plugins } from "../../src/plugin-host/index.ts";
import { createChatRequest, createTemporaryFolder } from "../../src/testing/index.ts";
import type { Figure } from "../figures.ts";
import { createRandom } from "../random.ts";
import { median } from "../statistics.ts";

const entries = 100_000;
const dimension = 384;
const atOnce = 1_000;
const lookups = 300;
const maxMs = 5;
const dayMs = 86_400_000;
const signal = new AbortController().signal;

type Ground = {
  readonly world: CacheWorld;
  readonly random: () => number;
  /** By question. */
  readonly vectors: Map<string, Float32Array>;
  readonly source: ReturnType<typeof createVectors>;
  readonly questions: readonly string[];
};

/** 100,000 entries of one fingerprint in a database on the disk: the same question, and one that means the same. */
export async function measureHits(): Promise<readonly Figure[]> {
  using folder = createTemporaryFolder();
  const guard = openGuard(folder.path);
  const ground = await fill(folder.path, guard);
  const { world } = ground;
  try {
    const pick = () => ground.questions[Math.floor(ground.random() * entries)] ?? "";
    const same = Array.from({ length: lookups }, pick);
    const alike = Array.from({ length: lookups }, () => reword(ground, pick()));
    const first = await lookUp(world, reword(ground, pick()));
    const figures = [
      ...toFigures("a hit of the same question", await lookUpAll(world, same)),
      ...toFigures(
        "a hit of the same meaning, guard included, embedding apart",
        await lookUpAll(world, alike),
      ),
    ];
    return [
      { name: "entries of one fingerprint", value: entries.toLocaleString("en") },
      ...figures,
      {
        name: "first lookup by meaning: signs are read, the guard starts",
        value: `${first.ms.toFixed(0)} ms`,
      },
    ];
  } finally {
    await world.coordinator.close();
    await guard.close();
    await world.database.close();
  }
}

async function fill(home: string, guard: Plugins): Promise<Ground> {
  const random = createRandom(1);
  const source = createVectors(random);
  const vectors = new Map<string, Float32Array>();
  const options = {
    plugins: async () => guard,
    settings: { cacheMaxBytes: 2 ** 32 },
    embed: (text: string) => vectors.get(text) ?? source.draw(),
  };
  const world = await openCacheWorld(home, options);
  const { fingerprint } = await storeOne(world);
  const questions = [...createQuestions(random)];
  for (let start = 0; start < entries; start += atOnce)
    await world.database.kysely.transaction().execute(async (queries) => {
      for (const question of questions.slice(start, start + atOnce)) {
        const embedding = source.draw();
        vectors.set(question, embedding);
        const usage = { promptTokens: 20, completionTokens: 60, reasoningTokens: 0 };
        const answer = { answeredBy: "fake-model", text: "An answer. ".repeat(25), reasoning: "", usage };
        await insertEntry(
          queries,
          {
            ...{ tenant: "test", model: "fake-model", fingerprint, question, answer, tags: [], embedding },
            ...{ questionHash: hashQuestion(question), bits: packSigns(embedding) },
          },
          { ttlMs: dayMs, maxBytes: 2 ** 32, now: () => world.time.nowMs },
        );
      }
    });
  // As after a restart: what was written past the cache is not in its memory.
  return {
    world: await openCacheWorld(home, { ...options, database: world.database }),
    random,
    vectors,
    source,
    questions,
  };
}

/** An entry by the usual way, for its fingerprint. */
async function storeOne({ ask, database }: CacheWorld): Promise<{ readonly fingerprint: string }> {
  await ask("How do bees find their way?");
  return await database.kysely.selectFrom("cache_entry").select("fingerprint").executeTakeFirstOrThrow();
}

function reword({ vectors, source }: Ground, question: string): string {
  const other = `Please tell me ${question}`;
  vectors.set(other, source.near(vectors.get(question) ?? source.draw()));
  return other;
}

/** From the request to the last event of its answer. */
async function lookUp(world: CacheWorld, question: string) {
  const request = createChatRequest(question, { model: "fake-model", caching: "semantic" });
  const startedMs = performance.now();
  const found = await world.cache.lookUp(request, signal);
  if (found.hit) for await (const _ of found.events);
  return { isHit: found.hit, ms: performance.now() - startedMs };
}

async function lookUpAll(world: CacheWorld, questions: readonly string[]) {
  const times: number[] = [];
  for (const question of questions) {
    const { isHit, ms } = await lookUp(world, question);
    if (isHit) times.push(ms);
    await world.cache.settle();
  }
  return times;
}

function toFigures(name: string, times: readonly number[]): readonly Figure[] {
  const p50 = median(times);
  const p95 = times.toSorted((a, b) => a - b)[Math.floor(0.95 * times.length)] ?? Number.NaN;
  return [
    {
      name: `${name}, p50`,
      value: `${p50.toFixed(2)} ms`,
      target: `<= ${maxMs} ms`,
      isReached: p50 <= maxMs,
    },
    { name: `${name}, p95`, value: `${p95.toFixed(2)} ms` },
    { name: `${name}, share that hit`, value: `${((100 * times.length) / lookups).toFixed(0)} %` },
  ];
}

/** As of a model whose texts all point a little the same way: two have a cosine of 0.4, two of one meaning 0.98. */
function createVectors(random: () => number) {
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const shared = Array.from({ length: dimension }, normal);
  const toUnit = (values: readonly number[]) => {
    const length = Math.hypot(...values);
    return Float32Array.from(values, (value) => value / length);
  };
  return {
    draw: () => toUnit(shared.map((value) => 0.8 * value + normal())),
    near: (vector: Float32Array) =>
      toUnit(Array.from(vector, (value) => value + (0.2 * normal()) / Math.sqrt(dimension))),
  };
}

/** Of words that no other question has. */
function* createQuestions(random: () => number): Generator<string> {
  const syllables = "ba ko li mu ne po ra su ti ve zo fa ge hi ju".split(" ");
  const word = () =>
    Array.from({ length: 4 }, () => syllables[Math.floor(random() * syllables.length)]).join("");
  const seen = new Set<string>();
  while (seen.size < entries) {
    const question = `how does a ${word()} ${word()} ${word()} work`;
    if (seen.has(question)) continue;
    seen.add(question);
    yield question;
  }
}

import type { AnswerEvent, GenerateRequest, Message } from "../../contract/index.ts";
import { createPlugins, silentObserver } from "../../plugin-host/index.ts";
import { systemClock } from "../../resilience/index.ts";
import { type Database, openHomeDatabase } from "../../store/index.ts";
import {
  createChatRequest,
  createFakeCoordinator,
  createFakeEngine,
  createFakeLibrary,
  type FakeStep,
  quietSettings,
} from "../../testing/index.ts";
import type { CoordinatorDeps } from "../deps.ts";
import { generate } from "../pipeline.ts";
import type { CoordinatorSettings } from "../settings.ts";

export const fakeDimension = 64;
/** Words that a small model makes nothing of, among them those that the guard is there for. */
const meaningless = new Set(
  "a an the is are what which how do does can i you to of in for please tell me not never be way".split(" "),
);
const synonyms: Readonly<Record<string, string>> = { cook: "boil", large: "big", huge: "big" };

/** The guard that the executable carries, in its own process. */
export function openGuard(home: string) {
  return createPlugins({
    ...{ home, trustedKeys: [], requireSigned: false, readVariable: () => undefined },
    ...{ observer: silentObserver, clock: systemClock, now: Date.now },
  });
}

/** A vector of the words that mean something; numbers, names and negations are lost on it, as on small models. */
export function embedFake(text: string): Float32Array {
  const vector = new Float32Array(fakeDimension);
  for (const word of text.toLowerCase().match(/\p{L}+/gu) ?? []) {
    if (meaningless.has(word)) continue;
    const seed = BigInt(Bun.hash(synonyms[word] ?? word));
    for (let index = 0; index < fakeDimension; index++)
      vector[index] = (vector[index] ?? 0) + ((seed >> BigInt(index % 61)) & 1n ? 1 : -1);
  }
  const length = Math.hypot(...vector);
  return length === 0 ? vector.fill(1 / 8) : vector.map((value) => value / length);
}

export type CacheWorldOptions = {
  readonly plugins?: CoordinatorDeps["plugins"];
  readonly settings?: Partial<CoordinatorSettings>;
  readonly says?: (question: string) => string | readonly FakeStep[];
  readonly deps?: Partial<CoordinatorDeps>;
  readonly database?: Database;
  /** Absent: `embedFake`. */
  readonly embed?: (text: string) => Float32Array;
};

const admitAll = async (_: string, { hook }: { readonly hook: string }) =>
  ({
    ok: true,
    output: hook === "cache.admit" ? { admit: true, reason: "" } : { serve: true, reason: "" },
  }) as never;

/** A guard that lets everything pass, for tests of what comes before it. */
export const openGate: CoordinatorDeps["plugins"] = async () => ({
  decide: admitAll,
  judge: () => Promise.reject(new Error("this test has no judges")),
});

/** The whole path of a request over a scripted engine, an embedder of words and a real database. */
export async function openCacheWorld(home: string, options: CacheWorldOptions = {}) {
  const { plugins = openGate, settings, says = (question) => `answer to ${question}`, deps = {} } = options;
  const { embed = embedFake } = options;
  const time = { nowMs: 1_000_000_000 };
  const database = options.database ?? (await openHomeDatabase(home));
  const library = createFakeLibrary({ names: ["fake-model", "other-model:latest", "embedder"] });
  const embedded: string[] = [];
  const fake = createFakeEngine({
    models: ["fake-model", "other-model", "embedder"],
    script: (request) => {
      const said = says(lastQuestion(request));
      return typeof said === "string" ? [{ text: said }] : said;
    },
  });
  const engine: typeof fake = {
    ...fake,
    async embed({ inputs }) {
      const texts = inputs.map(String);
      embedded.push(...texts);
      return { vectors: texts.map(embed), promptTokens: 1 };
    },
  };
  const logs: string[] = [];
  const coordinator = createFakeCoordinator({
    ...{ engine, library, plugins, random: () => 0.5, now: () => time.nowMs, nowMs: () => time.nowMs },
    database: async () => database,
    settings: { ...quietSettings, embeddingModel: "embedder", ...settings },
    logger: {
      info: () => undefined,
      warn: (event) => void logs.push(event),
      error: (event) => void logs.push(event),
    },
    generate: (request, signal) => run(request, signal),
    ...deps,
  });
  const absent = (name: string) => () => Promise.reject(new Error(`this test has no ${name}`));
  const pipeline = {
    ...{ engine, coordinator, judges: absent("judges"), record: () => undefined, nowMs: () => time.nowMs },
    knowledge: deps.knowledge ?? absent("knowledge"),
    logger: { error: () => undefined },
  };
  function run(request: GenerateRequest, signal: AbortSignal): AsyncIterable<AnswerEvent> {
    return generate(pipeline, request, signal);
  }
  const cache = await coordinator.cache();
  let asked = 0;
  /** Asks, and waits until what follows from it is stored. */
  async function ask(question: string, changes: Partial<GenerateRequest> = {}) {
    const id = changes.id ?? `chatcmpl-${++asked}`;
    const before = fake.requests.length;
    const events: AnswerEvent[] = [];
    const request = createChatRequest(question, { id, model: "fake-model", caching: "semantic", ...changes });
    for await (const event of run(request, new AbortController().signal)) events.push(event);
    await cache.settle();
    const receipt = events.find((event) => event.type === "receipt")?.receipt;
    if (!receipt) throw new Error("an answer has a receipt");
    const text = events.map((event) => (event.type === "text" ? event.text : "")).join("");
    return { id, events, receipt, text, cache: receipt.cache, isGenerated: fake.requests.length > before };
  }
  return { ask, run, cache, coordinator, database, engine: fake, embedded, time, logs };
}

export type CacheWorld = Awaited<ReturnType<typeof openCacheWorld>>;

/** A chat of which the last message is the user's. */
export function chatOf(messages: readonly Message[]): GenerateRequest["input"] {
  const { input } = createChatRequest("");
  return input.type === "chat" ? { ...input, messages } : input;
}

function lastQuestion({ input }: GenerateRequest): string {
  return input.type === "chat"
    ? (input.messages.at(-1)?.content ?? "")
    : input.type === "text"
      ? input.text
      : "";
}

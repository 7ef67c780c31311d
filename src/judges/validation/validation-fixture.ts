/** Real plugins, a scripted model and embeddings that a test gives; nothing else is played. */
import { afterAll } from "bun:test";
import type { EmbedRequest, GenerateRequest } from "../../contract/index.ts";
import { createFakeEngine, createFakeLibrary, type FakeStep } from "../../testing/index.ts";
import { systemJudgeClock } from "../clock.ts";
import { createWordEmbedder } from "../similarity/word-embedder.ts";
import { parseCriteria } from "./criteria.ts";
import type { JudgeOptions } from "./judge-answer.ts";
import type { JudgedText, Judgement } from "./judgement.ts";
import { openRealPlugins } from "./probes/probe-fixture.ts";
import { createValidation } from "./validation.ts";

export type ValidationChanges = {
  /** What a model says that judges. */
  readonly script?: (request: GenerateRequest) => readonly FakeStep[];
  /** The vector of a text, or vectors by words; absent: no embedding model is configured. */
  readonly embed?: ((text: string) => readonly number[]) | "words";
};

/** One set of plugin hosts for the tests of a file. */
export function openValidation() {
  const opened = openRealPlugins();
  afterAll(async () => await opened[Symbol.asyncDispose]());
  const called: string[] = [];
  const plugins = async () => {
    const host = await opened.plugins();
    const judge: typeof host.judge = async (name, ...rest) => {
      called.push(name);
      return await host.judge(name, ...rest);
    };
    return { get: host.get, judge };
  };

  function create({ script, embed }: ValidationChanges = {}) {
    const models = ["fake-model", "other-model"];
    const engine = createFakeEngine({ models, ...(script && { script }) });
    const embedded: EmbedRequest[] = [];
    const validation = createValidation({
      generate: (request, signal) => engine.generate(request, signal),
      engine: { ...engine, ...(embed && { embed: embedWith(embed, embedded) }) },
      library: createFakeLibrary({ names: models }),
      ...{ plugins, models, clock: systemJudgeClock, random: () => 0.5 },
      ...(embed && { embeddingModel: "fake-model" }),
    });
    const judge = async (
      answer: JudgedText,
      criteria: unknown = {},
      options: Partial<JudgeOptions> = {},
    ): Promise<Judgement> => {
      const signal = new AbortController().signal;
      return await validation.judgeAnswer(answer, parseCriteria(criteria), { signal, ...options });
    };
    return { validation, engine, embedded, judge };
  }

  return { create, called, plugins: opened.plugins };
}

function embedWith(embed: NonNullable<ValidationChanges["embed"]>, embedded: EmbedRequest[]) {
  const words = createWordEmbedder();
  return async (request: EmbedRequest, signal: AbortSignal) => {
    embedded.push(request);
    const texts = request.inputs.map(String);
    const vectors =
      embed === "words"
        ? await words.embed(texts, signal)
        : texts.map((text) => Float32Array.from(embed(text)));
    return { vectors, promptTokens: texts.length };
  };
}

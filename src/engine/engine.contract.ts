import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { AppError, type ErrorCode } from "../base/index.ts";
import type { GenerateEvent, GenerateRequest, ModelDescription } from "../contract/index.ts";
import type { Engine } from "./engine.ts";

/** An engine to hold to the contract, and the one of its models that is asked. */
export type EngineUnderTest = { readonly engine: Engine; readonly model: string };

type EventOf<T extends GenerateEvent["type"]> = Extract<GenerateEvent, { type: T }>;

const stopDeadlineMs = 10_000;
const answerTokens = 12;

/**
 * What every engine must do, whatever its model. Runs over the real engine and over the scripted one.
 * The model must generate text and have a chat template; its answers may be anything.
 */
export function runEngineContract(name: string, createEngine: () => Promise<EngineUnderTest>): void {
  describe(`engine contract: ${name}`, () => {
    let engine: Engine;
    let description: ModelDescription;
    let model: string;

    beforeAll(async () => {
      ({ engine, model } = await createEngine());
      description = await engine.load(model);
    });
    afterAll(() => engine.stop(AbortSignal.timeout(stopDeadlineMs)));

    const ask = (changes: Partial<GenerateRequest> = {}) => createRequest(model, changes);
    const run = (changes: Partial<GenerateRequest> = {}, signal = new AbortController().signal) =>
      collect(engine.generate(ask(changes), signal));

    test("lists the model as ready once it has been loaded", async () => {
      const entry = (await engine.models()).find((candidate) => candidate.id === model);
      expect(await engine.find(model)).toEqual(entry ?? expect.unreachable());
      expect(entry?.state).toBe("ready");
      expect(entry?.description).toEqual(description);
      expect(engine.isReady()).toBe(true);
    });

    test("begins with started, ends each choice with finish, and ends with done", async () => {
      const events = await run();
      expect(events[0]?.type).toBe("started");
      expect(events.at(-1)?.type).toBe("done");
      expect(events.at(-2)?.type).toBe("finish");
      expect(ofType(events, "started")).toHaveLength(1);
      expect(ofType(events, "finish")).toHaveLength(1);
      expect(ofType(events, "done")).toHaveLength(1);
    });

    test("answers some text, whose pieces are never empty", async () => {
      const pieces = ofType(await run(), "text");
      expect(pieces.length).toBeGreaterThan(0);
      expect(pieces.every((piece) => piece.text !== "")).toBe(true);
    });

    test("reports usage that adds up", async () => {
      const events = await run();
      const { usage, timings } = getDone(events);
      expect(usage.promptTokens).toBe(ofType(events, "started")[0]?.promptTokens ?? -1);
      expect(usage.promptTokens).toBeGreaterThan(0);
      expect(usage.cachedTokens).toBeLessThanOrEqual(usage.promptTokens);
      expect(usage.completionTokens).toBeLessThanOrEqual(answerTokens);
      expect(usage.reasoningTokens).toBeLessThanOrEqual(usage.completionTokens);
      expect(Math.min(timings.queueMs, timings.prefillMs, timings.decodeMs)).toBeGreaterThanOrEqual(0);
    });

    test("ends with length exactly at the token limit", async () => {
      const events = await run({ maxTokens: 3, sampling: { temperature: 0, ignoreEndOfSequence: true } });
      expect(ofType(events, "finish")[0]?.reason).toBe("length");
      expect(getDone(events).usage.completionTokens).toBe(3);
    });

    test("evaluates the prompt alone when no token may be generated", async () => {
      const events = await run({ maxTokens: 0 });
      expect(ofType(events, "text")).toEqual([]);
      expect(getDone(events).usage.completionTokens).toBe(0);
    });

    test("leaves the stop text and what follows it out, and names the stop", async () => {
      const whole = textOf(await run());
      const stop = whole.slice(3, 6);
      const events = await run({ stop: [stop] });
      expect(stop).toHaveLength(3);
      expect(textOf(events)).toBe(whole.slice(0, whole.indexOf(stop)));
      expect(ofType(events, "finish")[0]).toEqual({
        type: "finish",
        choice: 0,
        reason: "stop",
        stopSequence: stop,
      });
    });

    test("gives text back that only began like a stop", async () => {
      const whole = textOf(await run());
      const events = await run({ stop: [`${whole.slice(-2)}never`] });
      expect(textOf(events)).toBe(whole);
    });

    test("makes several choices of one prompt, each with its own finish", async () => {
      const events = await run({ choices: 3, sampling: { temperature: 1, seed: 3 } });
      const finished = ofType(events, "finish").map((event) => event.choice);
      expect(finished.toSorted()).toEqual([0, 1, 2]);
      expect(getDone(events).usage.promptTokens).toBe(ofType(events, "started")[0]?.promptTokens ?? -1);
    });

    test("gives the same text for the same seed", async () => {
      const sampling = { temperature: 1.5, seed: 42 };
      const first = textOf(await run({ sampling }));
      expect(textOf(await run({ sampling }))).toBe(first);
    });

    test("reports a logprob and its alternatives for each token when asked", async () => {
      const tokens = ofType(await run({ topLogprobs: 2 }), "logprobs").flatMap((event) => event.tokens);
      expect(tokens.length).toBeGreaterThan(0);
      for (const token of tokens) {
        expect(token.logprob).toBeLessThanOrEqual(0);
        expect(token.top).toHaveLength(2);
        expect(token.entropy).toBeUndefined();
      }
    });

    test("reports the entropy of each token when asked", async () => {
      const tokens = ofType(await run({ topLogprobs: 0, entropy: true }), "logprobs").flatMap(
        (event) => event.tokens,
      );
      expect(tokens.length).toBeGreaterThan(0);
      expect(tokens.every((token) => (token.entropy ?? -1) >= 0)).toBe(true);
    });

    test("reports the same logprobs where they may be late, all before the finish", async () => {
      const wanted = { topLogprobs: 2, entropy: true, sampling: { temperature: 1, seed: 7 } };
      const events = await run({ ...wanted, lateLogprobs: true });
      const late = ofType(events, "logprobs").flatMap((event) => event.tokens);
      const prompt = ofType(await run(wanted), "logprobs").flatMap((event) => event.tokens);
      expect(late).toEqual(prompt);
      expect(events.findIndex(({ type }) => type === "finish")).toBeGreaterThan(
        events.findLastIndex(({ type }) => type === "logprobs"),
      );
    });

    test("reports no logprobs when none were asked for", async () => {
      expect(ofType(await run(), "logprobs")).toEqual([]);
    });

    test("reports logprobs over the prompt, all but its first token", async () => {
      const { tokens } = await engine.tokenize(model, "one two three", {
        addSpecial: false,
        parseSpecial: false,
      });
      const events = await run({
        input: { type: "tokens", tokens },
        topLogprobs: 1,
        promptLogprobs: true,
        maxTokens: 0,
      });
      const records = ofType(events, "prompt-logprobs").flatMap((event) => event.tokens);
      expect(records.map((record) => record.token)).toEqual([...tokens]);
      expect(records.map((record) => "logprob" in record)).toEqual(tokens.map((_, index) => index > 0));
    });

    test("ends at once without done when it is aborted", async () => {
      const controller = new AbortController();
      const seen: GenerateEvent[] = [];
      const endless = ask({
        sampling: { ignoreEndOfSequence: true },
        maxTokens: description.contextTokens - 200,
      });
      const failure = await abortedFailureOf(controller.signal, async () => {
        for await (const event of engine.generate(endless, controller.signal)) {
          seen.push(event);
          if (event.type === "text") controller.abort();
        }
      });
      expect([undefined, "cancelled"]).toContain(failure);
      expect(ofType(seen, "text").length).toBeGreaterThan(0);
      expect(ofType(seen, "done")).toEqual([]);
    });

    test("answers the next request after one whose reader went away", async () => {
      for await (const event of engine.generate(ask({ maxTokens: 64 }), new AbortController().signal)) {
        if (event.type === "started") break;
      }
      expect(ofType(await run(), "done")).toHaveLength(1);
    });

    test("does not begin when the signal is already aborted", async () => {
      const events: GenerateEvent[] = [];
      const signal = AbortSignal.abort();
      const failure = await abortedFailureOf(signal, async () => {
        for await (const event of engine.generate(ask(), signal)) events.push(event);
      });
      expect([undefined, "cancelled"]).toContain(failure);
      expect(ofType(events, "done")).toEqual([]);
      expect(ofType(events, "text")).toEqual([]);
    });

    test("refuses an unknown model everywhere", async () => {
      const unknown = "no-such-model";
      const { signal } = new AbortController();
      const codes = await Promise.all([
        codeOf(() => run({ model: unknown })),
        codeOf(() => engine.load(unknown)),
        codeOf(() => engine.tokenize(unknown, "text", { addSpecial: false, parseSpecial: false })),
        codeOf(() => engine.detokenize(unknown, [1])),
        codeOf(() => engine.applyTemplate(ask({ model: unknown }))),
        codeOf(() => engine.embed({ model: unknown, inputs: ["text"], tenant: "local" }, signal)),
        codeOf(() =>
          engine.rerank({ model: unknown, query: "q", documents: ["d"], tenant: "local" }, signal),
        ),
      ]);
      expect(new Set(codes)).toEqual(new Set<ErrorCode>(["model_not_found"]));
      expect(engine.stats(unknown)).toBeUndefined();
    });

    test("refuses a prompt that does not fit, with both counts, before any event", async () => {
      const text = "word ".repeat(description.contextTokens * 2);
      const events: GenerateEvent[] = [];
      const error = await failureOf(async () => {
        const request = ask({ input: { type: "text", text } });
        for await (const event of engine.generate(request, new AbortController().signal)) events.push(event);
      });
      expect(error?.code).toBe("context_limit_exceeded");
      expect(error?.details.max).toBe(description.contextTokens);
      expect(Number(error?.details.required)).toBeGreaterThan(description.contextTokens);
      expect(events).toEqual([]);
    });

    test("turns text into tokens and back", async () => {
      const text = "Hello, wörld 你好";
      const { tokens, pieces } = await engine.tokenize(model, text, {
        addSpecial: false,
        parseSpecial: false,
      });
      expect(pieces).toHaveLength(tokens.length);
      expect((await engine.detokenize(model, tokens)).trim()).toBe(text);
    });

    test("shows the prompt of a chat with the user's words in it", async () => {
      expect(await engine.applyTemplate(ask())).toContain("Say something.");
    });

    test("counts the same tokens for a prompt given as text and as tokens", async () => {
      const { tokens } = await engine.tokenize(model, "one two", { addSpecial: true, parseSpecial: true });
      const events = await run({ input: { type: "tokens", tokens } });
      expect(getDone(events).usage.promptTokens).toBe(tokens.length);
    });

    test("tells what it is doing", () => {
      const stats = engine.stats(model);
      expect(stats?.kvTotalTokens).toBeGreaterThan(0);
      expect(stats?.waiting).toBe(0);
    });

    test("embeds inputs in their order, each at length 1, or says that it cannot", async () => {
      const inputs = ["first text", "another one", "first text"];
      const { signal } = new AbortController();
      const embed = () => engine.embed({ model, inputs, tenant: "local" }, signal);
      if (!description.capabilities.embed) return expect(await codeOf(embed)).toBe("invalid_request");
      const { vectors, promptTokens } = await embed();
      expect(promptTokens).toBeGreaterThanOrEqual(inputs.length);
      expect(vectors.map((vector) => vector.length)).toEqual(inputs.map(() => description.embeddingLength));
      for (const vector of vectors) expect(Math.hypot(...vector)).toBeCloseTo(1, 3);
      expect(dot(vectors[0], vectors[2])).toBeCloseTo(1, 3);
      expect(dot(vectors[0], vectors[1])).toBeLessThan(0.99999);
    });

    test("scores every document of a rerank, or says that it cannot", async () => {
      const { signal } = new AbortController();
      const rerank = () =>
        engine.rerank({ model, query: "q", documents: ["a", "b b"], tenant: "local" }, signal);
      if (!description.capabilities.rerank) return expect(await codeOf(rerank)).toBe("invalid_request");
      expect((await rerank()).scores).toHaveLength(2);
    });
  });
}

function createRequest(model: string, changes: Partial<GenerateRequest>): GenerateRequest {
  return {
    id: `contract-${crypto.randomUUID()}`,
    model,
    input: {
      type: "chat",
      messages: [{ role: "user", content: "Say something." }],
      tools: [],
      toolChoice: "auto",
      parallelToolCalls: true,
      reasoning: { format: "split" },
      templateVariables: {},
      continueFinalMessage: false,
      addGenerationPrompt: true,
    },
    sampling: { temperature: 0 },
    maxTokens: answerTokens,
    stop: [],
    choices: 1,
    entropy: false,
    promptLogprobs: false,
    priority: "interactive",
    tenant: "local",
    cachePrompt: true,
    ...changes,
  };
}

async function collect(events: AsyncIterable<GenerateEvent>): Promise<GenerateEvent[]> {
  const collected: GenerateEvent[] = [];
  for await (const event of events) collected.push(event);
  return collected;
}

function ofType<T extends GenerateEvent["type"]>(events: readonly GenerateEvent[], type: T): EventOf<T>[] {
  return events.filter((event): event is EventOf<T> => event.type === type);
}

function textOf(events: readonly GenerateEvent[]): string {
  return ofType(events, "text")
    .map((event) => event.text)
    .join("");
}

function dot(left: Float32Array | undefined, right: Float32Array | undefined): number {
  return left?.reduce((sum, value, index) => sum + value * (right?.[index] ?? 0), 0) ?? Number.NaN;
}

function getDone(events: readonly GenerateEvent[]): EventOf<"done"> {
  const done = ofType(events, "done")[0];
  if (!done) throw new Error("the events hold no done");
  return done;
}

async function failureOf(run: () => Promise<unknown>): Promise<AppError | undefined> {
  try {
    await run();
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  return undefined;
}

/** An aborted generation may end, throw `cancelled`, or throw the abort's own reason. */
async function abortedFailureOf(
  signal: AbortSignal,
  run: () => Promise<unknown>,
): Promise<ErrorCode | undefined> {
  return codeOf(run).catch((error: unknown) => {
    if (error === signal.reason) return "cancelled";
    throw error;
  });
}

async function codeOf(run: () => Promise<unknown>): Promise<ErrorCode | undefined> {
  return (await failureOf(run))?.code;
}

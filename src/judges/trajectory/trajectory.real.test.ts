import { afterAll, beforeAll, expect, test } from "bun:test";
import { createRealEngine } from "../../testing/index.ts";
import { parseTrajectoryConfig } from "./config.ts";
import { forceTokens } from "./score-text.ts";
import { createTrajectory, type Trajectory } from "./trajectory.ts";
import { createGround, type TrajectoryGround } from "./trajectory-fixture.ts";

const signal = new AbortController().signal;
let ground: TrajectoryGround;
let trajectory: Trajectory;

beforeAll(async () => {
  ground = createGround(await createRealEngine());
  trajectory = createTrajectory(ground.deps);
});
afterAll(async () => await ground[Symbol.asyncDispose]());

const analyze = (prompt: string, fields: object) =>
  trajectory.analyze({ prompt, config: parseTrajectoryConfig(fields) }, signal);

test("the temperature changes which tokens are drawn, not what is measured of them", async () => {
  const runs = await Promise.all(
    [0.1, 1.5].map((temperature) => analyze("Who are you?", { temperature, seed: 5, max_new_tokens: 40 })),
  );
  const [cold, hot] = runs.map(({ tokens }) => tokens);
  if (!cold || !hot) throw new Error("two runs were asked for");
  let alike = 0;
  for (const [i, token] of cold.entries()) {
    if (hot[i]?.token !== token.token) break;
    expect(hot[i]?.logprob).toBeCloseTo(token.logprob, 4);
    alike += 1;
  }
  expect(alike).toBeGreaterThan(0);
  // The first token's whole distribution is the same, whatever was drawn from it.
  expect(hot[0]?.top.map(({ logprob }) => logprob.toFixed(3))).toEqual(
    cold[0]?.top.map(({ logprob }) => logprob.toFixed(3)) ?? [],
  );
});

test("what is measured while a model writes is what it thinks of that text afterwards", async () => {
  const { tokens, text } = await analyze("What can you do?", { temperature: 0, max_new_tokens: 30 });
  const forced = await forceTokens(
    ground.deps,
    {
      model: "hearth-demo",
      topLogprobs: 10,
      input: {
        ...{ type: "chat", tools: [], toolChoice: "none", parallelToolCalls: false },
        messages: [
          { role: "user", content: "What can you do?" },
          { role: "assistant", content: text },
        ],
        ...{ reasoning: { format: "inline" }, templateVariables: {} },
        ...{ continueFinalMessage: true, addGenerationPrompt: false },
      },
    },
    signal,
  );
  const logprobs = forced.slice(-tokens.length).map(({ logprob }) => logprob?.toFixed(2));
  expect(logprobs).toEqual(tokens.map(({ logprob }) => logprob.toFixed(2)));
});

test("entropy over the vocabulary lies between 0 and 1 on a real model", async () => {
  const { record } = await analyze("Tell me a story.", { temperature: 0, max_new_tokens: 40 });
  const { vocabularyEntropy } = record.measured?.canonical ?? {};
  expect(vocabularyEntropy?.max).toBeWithin(0, 1);
  expect(vocabularyEntropy?.min).toBeGreaterThanOrEqual(0);
});

test("the deadline ends the generation itself, within a step or two", async () => {
  const { generate } = ground.deps;
  let seen = 0;
  const late = createTrajectory({
    ...ground.deps,
    async *generate(request, ending) {
      const endless = { ...request, sampling: { ...request.sampling, ignoreEndOfSequence: true } };
      for await (const event of generate(endless, ending)) {
        if (event.type === "logprobs") seen += event.tokens.length;
        if (seen === 5) ground.wakeAll();
        yield event;
      }
    },
  });
  const request = { prompt: "Tell me a story.", config: parseTrajectoryConfig({ max_new_tokens: 1500 }) };
  const failure = await late.analyze(request, signal).catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: "generation_timeout", details: { perplexity: expect.any(Number) } });
  expect(seen).toBeWithin(5, 15);
});

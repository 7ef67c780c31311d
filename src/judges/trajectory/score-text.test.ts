import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { AppError } from "../../base/index.ts";
import { createFakeEngine, createRealEngine, findTestModel } from "../../testing/index.ts";
import { maxTextBytes, scoreText } from "./score-text.ts";
import { composeText } from "./score-text-fixture.ts";
import { createGround, type TrajectoryGround } from "./trajectory-fixture.ts";

const signal = new AbortController().signal;
const text = composeText(150);

/** Share of the reference that a figure may be away from it. */
const tolerance = 0.005;
const isNear = (value: number, reference: number) => Math.abs(value / reference - 1) < tolerance;

describe("on the built-in model", () => {
  let ground: TrajectoryGround;
  beforeAll(async () => {
    ground = createGround(await createRealEngine());
  });
  afterAll(async () => await ground[Symbol.asyncDispose]());

  // llama-perplexity of llama.cpp v0.5.0, CPU: `-f text -c 512 -b 512` and `-c 128 -b 128`.
  test.each([
    { windowTokens: 512, windows: 5, perplexity: 235.6376, standardError: 40.47592 },
    { windowTokens: 128, windows: 21, perplexity: 2111.031, standardError: 370.80037 },
  ])("windows of $windowTokens give the figures of llama-perplexity", async (expected) => {
    const score = await scoreText(ground.deps, { text, windowTokens: expected.windowTokens }, signal);
    expect(score).toMatchObject({ windows: expected.windows, textTokens: 2695, isShort: false });
    expect(isNear(score.perplexity, expected.perplexity)).toBe(true);
    expect(isNear(score.standardError ?? 0, expected.standardError)).toBe(true);
  });

  test("every window is told of, and the last one has the figure", async () => {
    const told: { done: number; perplexity: number }[] = [];
    const score = await scoreText(ground.deps, { text }, signal, (window) => told.push(window));
    expect(told.map(({ done }) => done)).toEqual([1, 2, 3, 4, 5]);
    expect(told.at(-1)?.perplexity).toBe(score.perplexity);
  });

  test("a short text is scored as a whole, and says so", async () => {
    const score = await scoreText(ground.deps, { text: "Hearth runs on this machine." }, signal);
    expect(score).toMatchObject({ isShort: true, windows: 1, scoredTokens: score.textTokens - 1 });
    expect(score.perplexity).toBeGreaterThan(1);
  });

  test("a window that was asked for refuses a text of less than two, as llama-perplexity does", async () => {
    const scoring = scoreText(ground.deps, { text: composeText(50), windowTokens: 512 }, signal);
    await expect(scoring).rejects.toMatchObject({
      code: "invalid_request",
      message: expect.stringMatching(/the text has \d+ tokens, and windows of 512 need at least 1024/),
    });
  });

  test("scoring stops when it is told to", async () => {
    const controller = new AbortController();
    const reason = new AppError("cancelled", "stopped");
    const told: number[] = [];
    const scoring = scoreText(ground.deps, { text }, controller.signal, ({ done }) => {
      told.push(done);
      controller.abort(reason);
    });
    await expect(scoring).rejects.toMatchObject({ code: "cancelled" });
    expect(told).toEqual([1]);
  });
});

const stories = findTestModel("stories260K-ctx512-chat.gguf");

test.skipIf(stories === undefined)(
  "a model that begins texts with a token of its own has it in front of every window",
  async () => {
    const path = stories ?? "";
    const engine = await createRealEngine({ models: [{ id: "stories", path }] });
    await using ground = createGround(engine, "stories");
    const score = await scoreText(ground.deps, { text: composeText(40), windowTokens: 128 }, signal);
    expect(isNear(score.perplexity, 15.6918)).toBe(true);
    expect(isNear(score.standardError ?? 0, 1.32328)).toBe(true);
  },
);

test("an empty text and one that is too long are refused before anything is loaded", async () => {
  const engine = createFakeEngine({ models: ["hearth-demo"], isLoaded: false });
  await using ground = createGround(engine);
  const score = (given: string) => scoreText(ground.deps, { text: given }, signal);
  await expect(score("")).rejects.toThrow("it is empty");
  await expect(score("a".repeat(maxTextBytes + 1))).rejects.toThrow(`${maxTextBytes} are the most`);
  expect(engine.loads).toEqual([]);
});

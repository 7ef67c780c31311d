import { describe, expect, test } from "bun:test";
import { AppError } from "../../base/index.ts";
import { createTemporaryFolder } from "../../testing/index.ts";
import { ask, openRouting, type RoutingOptions, take } from "./routing.fixture.ts";
import { costOf } from "./spending.ts";

const hourMs = 3_600_000;
/** A dollar a token: the prompt is that of the fixture, an answer of the script is one token. */
const prices = { inputUsd: 1_000_000, outputUsd: 1_000_000 };
const request = ask({ model: "big@work", maxTokens: 10 });
const open = (options: RoutingOptions) => openRouting({ prices, ...options });

test("1,000 tokens in and 500 out at 3 and 15 dollars a million cost 0.0105 dollars", () => {
  const price = { inputUsd: 3, outputUsd: 15 };
  expect(costOf(price, { promptTokens: 1_000, completionTokens: 500 })).toBeCloseTo(0.0105, 12);
});

describe("the limit of an hour", () => {
  test("refuses a call that could pass it before anything is sent, and says so in the receipt", async () => {
    await using routing = open({ settings: { maxUsdPerHour: 10 } });
    const { error, route } = await take(routing, request);
    expect(error).toMatchObject({ code: "cost_limit_exceeded" });
    expect(route?.attempts).toMatchObject([{ model: "big@work", outcome: "skipped" }]);
    expect(routing.asked()).toEqual([]);
  });

  test("lets another model answer where one is named for that", async () => {
    await using routing = open({ settings: { maxUsdPerHour: 10, fallbacks: ["big@work=small"] } });
    expect((await take(routing, request)).route).toMatchObject({
      ...{ kind: "local", rule: "fallback", reason: "big@work failed: cost_limit_exceeded" },
    });
  });

  test("counts what was used and not what might have been", async () => {
    await using routing = open({ settings: { maxUsdPerHour: 1_000 } });
    const { record } = await take(routing, request);
    const used = (record.usage?.promptTokens ?? 0) + (record.usage?.completionTokens ?? 0);
    expect((await routing.routes.stats(0)).usd).toBeCloseTo(used, 6);
    expect(routing.observed).toContain(`spent work ${used}`);
  });

  test("outlives a restart, and ends with the hour", async () => {
    using home = createTemporaryFolder();
    let nowMs = 10 * hourMs;
    const world = { home: home.path, now: () => nowMs, settings: { maxUsdPerHour: 50 } };
    {
      await using first = open(world);
      expect((await take(first, request)).error).toBeUndefined();
    }
    nowMs += hourMs / 2;
    {
      await using second = open(world);
      expect((await take(second, request)).error).toMatchObject({ code: "cost_limit_exceeded" });
    }
    nowMs += hourMs;
    await using third = open(world);
    expect((await take(third, request)).error).toBeUndefined();
  });

  test("does not last for ever because a clock was set back", async () => {
    using home = createTemporaryFolder();
    let nowMs = 1_000 * hourMs;
    const world = { home: home.path, now: () => nowMs, settings: { maxUsdPerHour: 50 } };
    {
      await using first = open(world);
      await take(first, request);
    }
    nowMs = 10 * hourMs;
    await using second = open(world);
    expect((await take(second, request)).error).toMatchObject({ code: "cost_limit_exceeded" });
    nowMs += hourMs + 60_000;
    expect((await take(second, request)).error).toBeUndefined();
    await second.routes.close();
    nowMs += 2 * hourMs;
    await using third = open(world);
    expect((await take(third, request)).error).toBeUndefined();
  });

  test("cannot be kept for a model whose price is not known", async () => {
    await using routing = openRouting({ settings: { maxUsdPerHour: 10 } });
    const { error } = await take(routing, request);
    expect(error).toMatchObject({ code: "cost_limit_exceeded" });
    expect((error as AppError).message).toContain("price of big@work is not known");
    expect(routing.asked()).toEqual([]);
  });

  test("may be passed by the answer whose length nobody limited, and by none after it", async () => {
    const tokens = 1_500;
    await using routing = open({
      prices: { inputUsd: 0, outputUsd: 1_000_000 },
      settings: { maxUsdPerHour: 1_100 },
      script: () => Array.from({ length: tokens }, () => ({ text: "word " })),
    });
    const { maxTokens: _, ...unlimited } = request;
    expect((await take(routing, unlimited)).error).toBeUndefined();
    expect((await routing.routes.stats(0)).usd).toBe(tokens);
    const next = await take(routing, { ...request, maxTokens: 1 });
    expect(next.error).toMatchObject({ code: "cost_limit_exceeded" });
    expect(routing.asked()).toEqual(["big@work"]);
  });

  test("is kept by calls that are under way at the same time", async () => {
    const free = { inputUsd: 0, outputUsd: 1_000_000 };
    await using routing = openRouting({ prices: free, settings: { maxUsdPerHour: 100 } });
    const asked = Array.from({ length: 20 }, (_, index) => take(routing, { ...request, id: `r${index}` }));
    const refused = (await Promise.all(asked)).filter(({ error }) => error !== undefined);
    expect(refused.length).toBeGreaterThan(0);
    expect((await routing.routes.stats(0)).usd).toBeLessThanOrEqual(100);
  });
});

test("a call is reserved for each of the answers that it asks for", async () => {
  await using routing = open({
    prices: { inputUsd: 0, outputUsd: 1_000_000 },
    settings: { maxUsdPerHour: 15 },
  });
  expect((await take(routing, { ...request, choices: 2 })).error).toMatchObject({
    code: "cost_limit_exceeded",
    message: expect.stringContaining("may cost 20 USD"),
  });
  expect((await take(routing, request)).error).toBeUndefined();
});

test("a server that counts no tokens is paid what was reserved", async () => {
  await using routing = open({ settings: { maxUsdPerHour: 1_000 } });
  const { engine } = routing;
  const { generate } = engine;
  const uncounted = { promptTokens: 0, cachedTokens: 0, completionTokens: 0, reasoningTokens: 0 };
  engine.generate = async function* (...asked) {
    for await (const event of generate(...asked))
      yield event.type === "done" ? { ...event, usage: uncounted } : event;
  };
  await take(routing, request);
  // 10 tokens of an answer, and one for each two bytes of the prompt.
  expect((await routing.routes.stats(0)).usd).toBeCloseTo(10 + Math.ceil("What is a hearth?".length / 2), 6);
});

test("an answer that broke off is paid for as far as it came, one that never began is not", async () => {
  const cut = { fail: new AppError("streaming_error", "cut") };
  await using begun = open({ settings: { maxUsdPerHour: 1_000 }, script: () => [{ text: "12345678" }, cut] });
  await take(begun, request);
  const promptTokens = Math.ceil("What is a hearth?".length / 4);
  expect((await begun.routes.stats(0)).usd).toBeCloseTo(promptTokens + 2, 6);
  await using silent = open({ settings: { maxUsdPerHour: 1_000 }, script: () => [cut] });
  await take(silent, request);
  expect((await silent.routes.stats(0)).usd).toBe(0);
});

test("without a limit prices need not be known", async () => {
  await using routing = openRouting();
  expect((await take(routing, request)).text).toBe("hi");
});

import { describe, expect, test } from "bun:test";
import { AppError } from "../../base/index.ts";
import { createFakeLibrary, type FakeStep } from "../../testing/index.ts";
import { createBarStore } from "./bar-store.ts";
import { ask, openRouting, type RoutingOptions, take } from "./routing.fixture.ts";
import { decideTokens } from "./weigh.ts";

/** Every token of the scripted engine has the log probability −0.5. */
const confidence = Math.exp(-0.5);
const digest = (await createFakeLibrary({ names: ["small"] }).find("small"))?.digest ?? "";

async function openGated(bar: number | undefined, options: RoutingOptions = {}) {
  const routing = openRouting({
    policy: () => ({}),
    script: ({ model }) => [{ text: model === "small" ? "here" : "there" }],
    ...options,
  });
  if (bar !== undefined)
    await createBarStore(routing.deps).save({ modelDigest: digest, model: "small", bar, report: {} });
  return routing;
}

describe("a local answer", () => {
  test("of more confidence than the bar stays, without what was measured for that", async () => {
    await using routing = await openGated(0.6);
    const { text, route, events } = await take(routing, ask());
    expect(text).toBe("here");
    expect(route).toMatchObject({ kind: "local", rule: "default", confidence, bar: 0.6 });
    expect(events.some(({ type }) => type === "logprobs")).toBe(false);
    expect(routing.engine.requests[0]).toMatchObject({ topLogprobs: 0, lateLogprobs: false });
  });

  test("of exactly the bar stays", async () => {
    await using routing = await openGated(confidence);
    expect((await take(routing, ask())).text).toBe("here");
  });

  test("of less is asked of the larger model instead, and nothing of it is seen", async () => {
    await using routing = await openGated(0.7);
    const { text, route, answeredBy, events } = await take(routing, ask());
    expect({ text, answeredBy }).toEqual({ text: "there", answeredBy: "big@work" });
    expect(route).toMatchObject({ kind: "remote", rule: "escalated", confidence, bar: 0.7 });
    expect(route?.reason).toBe("a confidence of 0.6065 is below the bar of 0.7");
    expect(route?.attempts).toMatchObject([
      { model: "small", outcome: "escalated" },
      { model: "big@work", outcome: "answered" },
    ]);
    expect(events.filter(({ type }) => type === "started")).toHaveLength(1);
  });

  test("keeps its probabilities where the client asked for them", async () => {
    await using routing = await openGated(0.6);
    const { events } = await take(routing, ask({ topLogprobs: 2, lateLogprobs: true }));
    const [told] = events.filter((event) => event.type === "logprobs");
    expect(told?.tokens[0]?.top).toHaveLength(2);
  });

  test("is decided on after 64 tokens, and flows from then on", async () => {
    const held = Promise.withResolvers<void>();
    const steps: FakeStep[] = Array.from({ length: decideTokens }, () => ({ text: "a" }));
    await using routing = await openGated(0.6, {
      script: () => [...steps, { until: held.promise }, { text: "z" }],
    });
    let text = "";
    for await (const event of routing.router.route({ request: ask() }, new AbortController().signal)) {
      if (event.type === "text") text += event.text;
      if (text.length === decideTokens) held.resolve();
    }
    expect(text).toBe(`${"a".repeat(decideTokens)}z`);
  });

  test("that is not sure enough is ended at its 64th token", async () => {
    await using routing = await openGated(0.7, {
      script: ({ model }) =>
        model === "small" ? Array.from({ length: 500 }, () => ({ text: "a" })) : [{ text: "there" }],
    });
    expect((await take(routing, ask())).text).toBe("there");
    expect(routing.engine.running).toBe(0);
  });

  test("comes after all where the larger model fails", async () => {
    await using routing = await openGated(0.7, {
      script: ({ model }) =>
        model === "small" ? [{ text: "here" }] : [{ fail: new AppError("upstream_failed", "down") }],
    });
    const { text, route } = await take(routing, ask());
    expect(text).toBe("here");
    expect(route?.attempts.map(({ model, outcome }) => `${model} ${outcome}`)).toEqual([
      ...["small escalated", "big@work failed", "small answered"],
    ]);
    expect(route?.rule).toBe("fallback");
  });

  test("that says nothing stays", async () => {
    await using routing = await openGated(0.7, { script: () => [] });
    expect((await take(routing, ask())).route).toMatchObject({ kind: "local", rule: "default" });
  });

  test.each([
    ["no bar is set", undefined, {}],
    ["it must stay here", 0.99, { privacy: "local" }],
    ["the request wants it from here", 0.99, { routing: "local" }],
    ["there are several of it", 0.99, { choices: 2 }],
  ] as const)("is not weighed where %s", async (_, bar, changes) => {
    await using routing = await openGated(bar);
    await take(routing, ask(changes));
    expect(routing.engine.requests[0]?.topLogprobs).toBeUndefined();
    expect(new Set(routing.asked())).toEqual(new Set(["small"]));
  });

  test("is not weighed where there is nothing left to pay the larger model", async () => {
    await using routing = await openGated(0.99, { settings: { maxUsdPerHour: 1 } });
    expect((await take(routing, ask())).text).toBe("here");
    expect(routing.asked()).toEqual(["small"]);
  });
});

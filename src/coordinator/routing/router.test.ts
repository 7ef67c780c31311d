import { describe, expect, test } from "bun:test";
import { AppError } from "../../base/index.ts";
import type { FakeStep } from "../../testing/index.ts";
import { ask, openRouting, type RoutingOptions, take } from "./routing.fixture.ts";

const down: readonly FakeStep[] = [{ fail: new AppError("upstream_failed", "it is down") }];
const says = (text: string): readonly FakeStep[] => text.split(/(?= )/).map((piece) => ({ text: piece }));

describe("a model that is named", () => {
  test("is asked without a look at database, plugins or upstreams", async () => {
    await using routing = openRouting({ policy: "broken" });
    const { text, route, events } = await take(routing, ask({ model: "small", isInteraction: false }));
    expect(text).toBe("hi");
    expect(route).toEqual({
      ...{ kind: "local", asked: "small", rule: "named", reason: "the request names it" },
      attempts: [{ model: "small", outcome: "answered" }],
    });
    expect(events.map(({ type }) => type)).toEqual(["routed", "started", "text", "finish", "done"]);
  });

  test("and is elsewhere answers as remote", async () => {
    await using routing = openRouting();
    const { route, answeredBy } = await take(routing, ask({ model: "big@work" }));
    expect({ answeredBy, kind: route?.kind, rule: route?.rule }).toEqual({
      ...{ answeredBy: "big@work", kind: "remote", rule: "named" },
    });
    expect(routing.observed).toContain("routed remote named");
  });

  test("and is elsewhere is not asked for a request that must stay here", async () => {
    await using routing = openRouting({ settings: { fallbacks: ["big@work=small"] } });
    for (const wish of [{ privacy: "local" }, { routing: "local" }] as const) {
      const { error } = await take(routing, ask({ model: "big@work", ...wish }));
      expect(error).toMatchObject({ code: "forbidden" });
    }
    expect(routing.asked()).toEqual([]);
  });

  test("and is here cannot be demanded from elsewhere", async () => {
    await using routing = openRouting();
    const { error } = await take(routing, ask({ model: "small", routing: "remote" }));
    expect(error).toMatchObject({ code: "invalid_request", details: { param: "hearth.route" } });
  });

  test("of this machine wins over an upstream of its name", async () => {
    await using routing = openRouting({ models: ["small", "own@work"] });
    routing.deps.library.find = async (name) => ({ name }) as never;
    const { route } = await take(routing, ask({ model: "own@work", privacy: "local" }));
    expect(route?.kind).toBe("local");
  });
});

describe("a model that fails before its first word", () => {
  const failing = (fallbacks: readonly string[], changes: RoutingOptions = {}) =>
    openRouting({
      settings: { fallbacks },
      script: ({ model }) => (model === "big@work" ? down : says("from here")),
      ...changes,
    });

  test("is tried three times and then another one answers, whole and as if it were the first", async () => {
    await using routing = failing(["big@work=small"]);
    const { text, events, route, answeredBy } = await take(routing, ask({ model: "big@work" }));
    expect(text).toBe("from here");
    expect(routing.asked()).toEqual(["big@work", "big@work", "big@work", "small"]);
    expect(answeredBy).toBe("small");
    expect(route).toMatchObject({
      kind: "local",
      rule: "fallback",
      reason: "big@work failed: upstream_failed, 3 tries",
    });
    expect(route?.attempts).toMatchObject([
      { model: "big@work", outcome: "failed", reason: "upstream_failed, 3 tries" },
      { model: "small", outcome: "answered" },
    ]);
    expect(events.filter(({ type }) => type === "started")).toHaveLength(1);
    expect(routing.observed).toContain("fellBack big@work small upstream_failed");
    expect(routing.observed.filter((line) => line.startsWith("upstreamEnded"))).toHaveLength(3);
  });

  test("stands in no way where it comes back", async () => {
    await using routing = openRouting({ script: (_, call) => (call < 2 ? down : says("late")) });
    const { text, route } = await take(routing, ask({ model: "big@work" }));
    expect(text).toBe("late");
    expect(route).toMatchObject({
      rule: "named",
      attempts: [{ model: "big@work", outcome: "answered", reason: "at try 3" }],
    });
  });

  test("hands on along a chain, each model once", async () => {
    await using routing = failing(["big@work=huge@work", "huge@work=big@work", "huge@work=small"], {
      script: ({ model }) => (model === "small" ? says("at last") : down),
    });
    expect((await take(routing, ask({ model: "big@work" }))).text).toBe("at last");
    expect(new Set(routing.asked())).toEqual(new Set(["big@work", "huge@work", "small"]));
  });

  test("ends with its own error where nobody else is there", async () => {
    await using routing = failing([]);
    const { error, record } = await take(routing, ask({ model: "big@work" }));
    expect(error).toMatchObject({ code: "upstream_failed" });
    expect(record.receipt?.route.attempts).toMatchObject([{ model: "big@work", outcome: "failed" }]);
  });

  test.each(["invalid_request", "context_limit_exceeded", "forbidden"] as const)(
    "by the request's own fault (%s) is not replaced and not tried again",
    async (code) => {
      await using routing = failing(["big@work=small"], {
        script: () => [{ fail: new AppError(code, "your fault") }],
      });
      expect((await take(routing, ask({ model: "big@work" }))).error).toMatchObject({ code });
      expect(routing.asked()).toEqual(["big@work"]);
    },
  );

  test("of this machine is replaced too, and is not tried again", async () => {
    await using routing = openRouting({
      settings: { fallbacks: ["small=big@work"] },
      script: ({ model }) =>
        model === "small" ? [{ fail: new AppError("host_died", "gone") }] : says("far"),
    });
    expect((await take(routing, ask({ model: "small" }))).text).toBe("far");
    expect(routing.asked()).toEqual(["small", "big@work"]);
  });

  test("is never replaced by one elsewhere where the request must stay here", async () => {
    await using routing = openRouting({
      settings: { fallbacks: ["small=big@work"] },
      script: () => [{ fail: new AppError("host_died", "gone") }],
    });
    const { error, route } = await take(routing, ask({ model: "small", privacy: "local" }));
    expect(error).toMatchObject({ code: "host_died" });
    expect(routing.asked()).toEqual(["small"]);
    expect(route?.attempts[0]).toMatchObject({ model: "big@work", outcome: "skipped" });
  });

  test("is left alone once the client has gone", async () => {
    const gone = new AbortController();
    await using routing = failing(["big@work=small"], {
      script: () => {
        gone.abort();
        return down;
      },
    });
    const { error } = await take(routing, ask({ model: "big@work" }), {}, gone.signal);
    expect(error).toBeDefined();
    expect(routing.asked()).toEqual(["big@work"]);
  });
});

describe("a model that fails in the middle", () => {
  const broken = (steps: readonly FakeStep[], changes: RoutingOptions = {}) =>
    openRouting({
      settings: { fallbacks: ["big@work=small"] },
      script: ({ model }) =>
        model === "big@work"
          ? [...steps, { fail: new AppError("streaming_error", "cut") }]
          : says(" jumps over"),
      ...changes,
    });

  test("is gone on from by the next, with what was sent as the beginning of its answer", async () => {
    await using routing = broken(says("the fox"));
    const { text, events, route } = await take(routing, ask({ model: "big@work", maxTokens: 10 }));
    expect(text).toBe("the fox jumps over");
    expect(routing.engine.requests[1]).toMatchObject({
      maxTokens: 8,
      input: {
        ...{ continueFinalMessage: true, addGenerationPrompt: false },
        messages: [{ role: "user" }, { role: "assistant", content: "the fox" }],
      },
    });
    expect(events.filter(({ type }) => type === "started")).toHaveLength(1);
    expect(events.filter(({ type }) => type === "done")).toHaveLength(1);
    expect(route).toMatchObject({ rule: "fallback", kind: "local" });
  });

  test("of a plain prompt is gone on from too", async () => {
    await using routing = broken(says("the fox"));
    const request = ask({ model: "big@work", input: { type: "text", text: "See " } });
    expect((await take(routing, request)).text).toBe("the fox jumps over");
    expect(routing.engine.requests[1]?.input).toEqual({ type: "text", text: "See the fox" });
  });

  test.each([
    ["a tool call", [{ toolCall: { index: 0, id: "c", name: "f", argumentsDelta: "{" } }], {}],
    ["reasoning", [{ reasoning: "hm" }, { text: "so" }], {}],
    ["several choices", says("the fox"), { choices: 2 }],
    ["a constraint", says("the fox"), { constraint: { type: "grammar", grammar: "root ::= .*" } }],
    ["probabilities", says("the fox"), { topLogprobs: 0 }],
  ] as const)("ends with its error where %s was under way", async (_, steps, changes) => {
    await using routing = broken(steps);
    const { error, route } = await take(routing, ask({ model: "big@work", ...changes }));
    expect(error).toMatchObject({ code: "streaming_error" });
    expect(routing.asked()).toEqual(["big@work"]);
    expect(route?.attempts).toMatchObject([{ outcome: "failed" }, { model: "small", outcome: "skipped" }]);
  });

  test("is not handed to a server that would begin anew", async () => {
    await using routing = broken(says("the fox"), {
      settings: { fallbacks: ["big@work=huge@work"] },
      refusal: () => new AppError("invalid_request", "continue_final_message: there is no such thing"),
    });
    expect((await take(routing, ask({ model: "big@work" }))).error).toMatchObject({
      code: "streaming_error",
    });
    expect(routing.asked()).toEqual(["big@work"]);
  });

  test("is not asked again", async () => {
    await using routing = broken(says("the fox"), { settings: {} });
    const { text, error } = await take(routing, ask({ model: "big@work" }));
    expect({ text, error }).toMatchObject({ text: "the fox", error: { code: "streaming_error" } });
    expect(routing.asked()).toEqual(["big@work"]);
  });
});

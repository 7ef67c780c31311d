import { expect, test } from "bun:test";
import { startUpstreamFixture, waitUntil } from "../testing/index.ts";
import { ask, createTestUpstreams, hear, never, openUpstream, textOf } from "./upstreams.fixture.ts";

test.each(["openai", "anthropic"] as const)(
  "an answer of an %s upstream comes whole, with its calls and counts",
  async (kind) => {
    const usage = { promptTokens: 20, completionTokens: 5, cachedTokens: 12 };
    await using server = await startUpstreamFixture({
      kind,
      script: [
        {
          text: "Grüße aus Oslo",
          reasoning: "Hm",
          toolCalls: [{ id: "c1", name: "f", arguments: '{"a":1}' }],
          usage,
        },
      ],
    });
    const { events, error } = await hear(openUpstream(server).generate(ask("hi"), never));
    expect(error).toBeUndefined();
    expect(events[0]?.type).toBe("started");
    expect(textOf(events)).toBe("Grüße aus Oslo");
    const calls = events.flatMap((event) => (event.type === "tool-call" ? [event] : []));
    expect(calls[0]).toMatchObject({ id: "c1", name: "f" });
    expect(calls.map(({ argumentsDelta }) => argumentsDelta).join("")).toBe('{"a":1}');
    expect(events.at(-2)).toEqual({ type: "finish", choice: 0, reason: "tool_calls" });
    expect(events.at(-1)).toMatchObject({
      type: "done",
      usage: { promptTokens: 20, cachedTokens: 12, completionTokens: 5, reasoningTokens: 0 },
    });
  },
);

test("text comes as it is sent, and one who leaves in the middle cuts the connection", async () => {
  await using server = await startUpstreamFixture({
    script: () => ({ text: "a b ", fault: { type: "endless" } }),
  });
  const upstream = openUpstream(server);
  let pieces = 0;
  for await (const event of upstream.generate(ask(), never)) {
    if (event.type === "text") pieces += 1;
    if (pieces === 5) break;
  }
  await waitUntil("the connection is cut", () => server.openConnections === 0);
  expect(upstream.health()).toEqual({ state: "closed", failures: 0, running: 0 });
});

test("an abort ends the answer with its own reason, cuts the connection, and is no outage", async () => {
  await using server = await startUpstreamFixture({
    script: () => ({ text: "a b", fault: { type: "stalls", afterPieces: 1 } }),
  });
  const upstream = openUpstream(server);
  const controller = new AbortController();
  const reason = new Error("enough");
  const work = (async () => {
    for await (const event of upstream.generate(ask(), controller.signal))
      if (event.type === "text") controller.abort(reason);
  })();
  expect(await work.catch((error) => error)).toBe(reason);
  await waitUntil("the connection is cut", () => server.openConnections === 0);
  expect(upstream.health().failures).toBe(0);
});

test("keys are read anew for each call, and go where the protocol wants them", async () => {
  await using server = await startUpstreamFixture();
  await using claude = await startUpstreamFixture({ kind: "anthropic" });
  let key = "first-key";
  const { list } = createTestUpstreams(
    [server.config("a", { key: "env:A_KEY" }), claude.config("b", { key: "env:A_KEY" })],
    { readVariable: (name) => (name === "A_KEY" ? key : undefined) },
  );
  for (const upstream of list) await hear(upstream.generate(ask(), never));
  key = "second-key";
  await hear((list[0] as (typeof list)[0]).generate(ask(), never));
  expect(server.generations.map(({ headers }) => headers.authorization)).toEqual([
    "Bearer first-key",
    "Bearer second-key",
  ]);
  expect(claude.generations[0]?.headers).toMatchObject({
    "x-api-key": "first-key",
    "anthropic-version": "2023-06-01",
  });
});

test("an upstream that does not count is logged once, and no count is made up", async () => {
  await using server = await startUpstreamFixture({ script: () => ({ text: "a b", usage: "none" }) });
  const { first, logs } = createTestUpstreams([server.config("big")]);
  const { events } = await hear(first.generate(ask(), never));
  await hear(first.generate(ask(), never));
  expect(events.at(-1)).toMatchObject({ usage: { promptTokens: 0, completionTokens: 0 } });
  expect(logs).toEqual([{ event: "upstream_uncounted", fields: { upstream: "big", model: "large" } }]);
});

test("vectors come in the order of the inputs, with length 1", async () => {
  await using server = await startUpstreamFixture({ embed: (text) => (text === "a" ? [3, 4] : [0, 5]) });
  const request = { model: "embedder", inputs: ["a", "b"], tenant: "t" };
  const { vectors, promptTokens } = await openUpstream(server).embed(request, never);
  expect(vectors.map((vector) => [...vector].map((value) => Math.round(value * 1000) / 1000))).toEqual([
    [0.6, 0.8],
    [0, 1],
  ]);
  expect(promptTokens).toBe(2);
  expect(server.calls[0]?.body).toEqual({ model: "embedder", input: ["a", "b"], encoding_format: "float" });
});

test("vectors of two lengths are refused", async () => {
  await using server = await startUpstreamFixture({ embed: (text) => (text === "a" ? [1, 2] : [1]) });
  const request = { model: "embedder", inputs: ["a", "b"], tenant: "t" };
  const failure = await openUpstream(server)
    .embed(request, never)
    .catch((error) => error);
  expect(failure).toMatchObject({ code: "upstream_failed" });
});

test("a request that the protocol cannot express is told of before anything is sent", async () => {
  await using server = await startUpstreamFixture({ kind: "anthropic" });
  const upstream = openUpstream(server);
  expect(upstream.refusal(ask("hi", { sampling: { seed: 1 } }))).toMatchObject({ code: "invalid_request" });
  expect(upstream.refusal(ask("hi"))).toBeUndefined();
  const { error } = await hear(upstream.generate(ask("hi", { choices: 2 }), never));
  expect(error).toMatchObject({ code: "invalid_request", details: { param: "n" } });
  expect(server.acceptedConnections).toBe(0);
});

test("an address without a path is taken as that of the server, one with a path as it is", async () => {
  await using server = await startUpstreamFixture();
  const origin = server.url.replace("/v1", "");
  const { list } = createTestUpstreams([
    server.config("a", { url: origin }),
    server.config("b", { url: `${origin}/v1/?version=2` }),
  ]);
  for (const upstream of list) await hear(upstream.generate(ask(), never));
  expect(server.generations.map(({ path }) => path)).toEqual([
    "/v1/chat/completions",
    "/v1/chat/completions?version=2",
  ]);
});

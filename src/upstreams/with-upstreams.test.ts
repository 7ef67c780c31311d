import { expect, test } from "bun:test";
import { createFakeClock, createFakeEngine, startUpstreamFixture } from "../testing/index.ts";
import { ask as askLarge, createTestUpstreams, failureOf, hear, never, textOf } from "./upstreams.fixture.ts";
import { withUpstreams } from "./with-upstreams.ts";

const ask = (model: string, changes = {}) => askLarge("hi", { model, ...changes });

test("a model of an upstream is named with it, answers there, and keeps the local ones as they are", async () => {
  await using server = await startUpstreamFixture();
  const local = createFakeEngine();
  const engine = withUpstreams(local, createTestUpstreams([server.config("big")]));
  expect(textOf((await hear(engine.generate(ask("vendor/model:x@1@big"), never))).events)).toBe(
    "Hello from vendor/model:x@1.",
  );
  expect(server.generations[0]?.body.model).toBe("vendor/model:x@1");
  expect((await engine.find("fake-model")).id).toBe("fake-model");
  const { events } = await hear(engine.generate(ask("fake-model"), never));
  expect(events.at(-1)?.type).toBe("done");
  expect(server.generations).toHaveLength(1);
});

test("a local name with an @ in it wins, and an unknown upstream is a model that is not there", async () => {
  await using server = await startUpstreamFixture();
  const local = createFakeEngine({ models: ["repo@big"] });
  const engine = withUpstreams(local, createTestUpstreams([server.config("big")]));
  expect((await engine.find("repo@big")).summary.architecture).not.toBe("remote");
  await hear(engine.generate(ask("repo@big"), never));
  expect(server.acceptedConnections).toBe(0);
  expect((await failureOf(engine.find("large@other"))).code).toBe("model_not_found");
  expect((await failureOf(engine.find("@big"))).code).toBe("model_not_found");
});

test("finding a remote model needs no connection, and says what is known of it", async () => {
  await using server = await startUpstreamFixture();
  const config = server.config("big", { models: { large: { contextTokens: 9_000 } } });
  const engine = withUpstreams(createFakeEngine(), createTestUpstreams([config]));
  const entry = await engine.find("large@big");
  expect(entry).toMatchObject({
    id: "large@big",
    state: "ready",
    summary: { architecture: "remote", trainedContextTokens: 9_000 },
  });
  expect(entry.summary.capabilities).toMatchObject({
    generate: true,
    chat: true,
    tools: true,
    embed: true,
    infill: false,
  });
  expect(server.acceptedConnections).toBe(0);
});

test("the list holds the local models, those that are configured, and those that the upstream lists", async () => {
  await using server = await startUpstreamFixture();
  const config = server.config("big", {
    models: { tuned: { contextTokens: 5 }, small: { contextTokens: 6 } },
  });
  const engine = withUpstreams(createFakeEngine(), createTestUpstreams([config]));
  const entries = await engine.models();
  expect(entries.map(({ id }) => id)).toEqual(["fake-model", "tuned@big", "small@big", "large@big"]);
  expect(entries[2]?.summary.trainedContextTokens).toBe(6);
  await engine.models();
  expect(server.calls).toHaveLength(1);
});

test("an upstream that is down or has no list leaves what is configured, and the reason", async () => {
  await using server = await startUpstreamFixture({ models: "none" });
  const clock = createFakeClock();
  const upstreams = createTestUpstreams([server.config("big", { models: { tuned: {} } })], { clock });
  const engine = withUpstreams(createFakeEngine(), upstreams);
  expect((await engine.models()).map(({ id }) => id)).toEqual(["fake-model", "tuned@big"]);
  expect(upstreams.first.health().listError).toContain(
    'upstream "big" has no such model, or nothing at its url',
  );
  await engine.models();
  expect(server.calls).toHaveLength(1);
  clock.advance(10_000);
  await engine.models();
  expect(server.calls).toHaveLength(2);
});

test("what only a machine with the model's file can do is refused, naming the model", async () => {
  await using server = await startUpstreamFixture();
  const engine = withUpstreams(createFakeEngine(), createTestUpstreams([server.config("big")]));
  const works = [
    engine.load("large@big"),
    engine.tokenize("large@big", "hi", { addSpecial: false, parseSpecial: false }),
    engine.detokenize("large@big", [1]),
    engine.applyTemplate(ask("large@big")),
    engine.rerank({ model: "large@big", query: "q", documents: ["d"], tenant: "t" }, never),
  ];
  for (const work of works) {
    const failure = await failureOf(work);
    expect(failure).toMatchObject({ code: "invalid_request", details: { param: "model" } });
    expect(failure.message).toContain('"large@big" runs elsewhere');
  }
  expect(await engine.unload("large@big")).toBe(false);
  expect(server.acceptedConnections).toBe(0);
});

test("a local request for a remote model is forbidden before any connection", async () => {
  await using server = await startUpstreamFixture();
  const engine = withUpstreams(createFakeEngine(), createTestUpstreams([server.config("big")]));
  const { error } = await hear(engine.generate(ask("large@big", { privacy: "local" }), never));
  expect(error?.code).toBe("forbidden");
  expect(server.acceptedConnections).toBe(0);
});

test("vectors of a remote model come from there", async () => {
  await using server = await startUpstreamFixture({ embed: () => [0, 2] });
  const engine = withUpstreams(createFakeEngine(), createTestUpstreams([server.config("big")]));
  const { vectors } = await engine.embed({ model: "e@big", inputs: ["x"], tenant: "t" }, never);
  expect(vectors.map((vector) => [...vector])).toEqual([[0, 1]]);
  expect(server.calls[0]?.body.model).toBe("e");
});

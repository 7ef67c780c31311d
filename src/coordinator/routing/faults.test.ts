import { describe, expect, test } from "bun:test";
import { AppError } from "../../base/index.ts";
import { systemClock } from "../../resilience/index.ts";
import { startUpstreamFixture, type UpstreamCall, type UpstreamReply } from "../../testing/index.ts";
import { createUpstreams } from "../../upstreams/index.ts";
import { ask, openRouting, take } from "./routing.fixture.ts";

/** Repeatable numbers from 0 to 1. */
function createDice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const failures = [
  new AppError("upstream_failed", "500"),
  new AppError("rate_limit_exceeded", "429", { details: { retryAfterMs: 1 } }),
  new AppError("circuit_open", "shut"),
];
const middle = new AppError("streaming_error", "cut");

test("of 10,000 requests to models that fail half the time, each is answered once and whole", async () => {
  const dice = createDice(7);
  await using routing = openRouting({
    settings: { fallbacks: ["big@work=huge@work", "huge@work=small"] },
    script({ model, input, id }) {
      const last = input.type === "chat" ? input.messages.at(-1) : undefined;
      const begun = last?.role === "assistant" ? last.content : "";
      const steps = [id, "-done"].filter((text) => !begun.includes(text)).map((text) => ({ text }));
      if (model === "small" || dice() < 0.5) return steps;
      const failure = failures[Math.floor(dice() * failures.length)] ?? middle;
      return dice() < 0.7 ? [{ fail: failure }] : [...steps.slice(0, 1), { fail: middle }];
    },
  });
  const total = 10_000;
  const seen = new Map<string, number>();
  const models = new Map<string, number>();
  for (let from = 0; from < total; from += 500) {
    const batch = Array.from({ length: 500 }, (_, index) => `r${from + index}`);
    const taken = await Promise.all(
      batch.map((id) => take(routing, ask({ id, model: "big@work", isInteraction: false }))),
    );
    for (const [index, { text, error, answeredBy = "" }] of taken.entries()) {
      if (error !== undefined || text !== `${batch[index]}-done`)
        throw new Error(`${batch[index]}: ${text} ${error}`);
      seen.set(text, (seen.get(text) ?? 0) + 1);
      models.set(answeredBy, (models.get(answeredBy) ?? 0) + 1);
    }
  }
  expect(seen.size).toBe(total);
  expect([...seen.values()].every((count) => count === 1)).toBe(true);
  expect([...models.keys()].toSorted()).toEqual(["big@work", "huge@work", "small"]);
});

type Script = (call: UpstreamCall) => UpstreamReply;

async function openServers(scripts: Readonly<Record<string, Script>>, fallbacks: readonly string[]) {
  const fixtures = await Promise.all(
    Object.entries(scripts).map(async ([name, script]) => ({
      name,
      fixture: await startUpstreamFixture({ script }),
    })),
  );
  const elsewhere = createUpstreams({
    upstreams: fixtures.map(({ name, fixture }) =>
      fixture.config(name, { models: { big: {} }, timeoutMs: 500 }),
    ),
    ...{ readVariable: () => undefined, fetch, clock: systemClock, random: () => 0 },
    ...{ now: Date.now, logger: { warn: () => undefined } },
  });
  const routing = openRouting({ models: ["small"], elsewhere, settings: { fallbacks } });
  return {
    ...{ routing, elsewhere, fixtures: fixtures.map(({ fixture }) => fixture) },
    async [Symbol.asyncDispose]() {
      await routing[Symbol.asyncDispose]();
      for (const { fixture } of fixtures) await fixture[Symbol.asyncDispose]();
    },
  };
}

const whole = (call: UpstreamCall): UpstreamReply => ({ pieces: [`second to ${call.question}`] });

describe("with two servers, the first of which", () => {
  const faults: readonly (readonly [string, UpstreamReply])[] = [
    ["never says a word", { fault: { type: "silent" } }],
    ["dies before its first word", { text: "a b c", fault: { type: "dies", afterPieces: 0 } }],
    ["answers with a proxy's page", { fault: { type: "html" } }],
    ["answers garbage", { text: "a b c", fault: { type: "garbage", afterPieces: 0 } }],
    ["is out of order", { fault: { type: "status", status: 500 } }],
    ["has had too many", { fault: { type: "status", status: 429, retryAfter: "0" } }],
    ["knows no such key", { fault: { type: "status", status: 401 } }],
    ["sends its error in the stream", { text: "a b", fault: { type: "error-frame", afterPieces: 0 } }],
  ];
  test.each(faults)("%s, the second one answers", async (_, reply) => {
    await using world = await openServers({ first: () => reply, second: whole }, ["big@first=big@second"]);
    const { text, answeredBy, error, route } = await take(world.routing, ask({ model: "big@first" }));
    expect({ text, answeredBy, error }).toEqual({
      ...{ text: "second to What is a hearth?", answeredBy: "big@second", error: undefined },
    });
    expect(route?.attempts.map(({ model, outcome }) => `${model} ${outcome}`)).toEqual([
      ...["big@first failed", "big@second answered"],
    ]);
  });

  test.each(["dies", "garbage"] as const)(
    "%s before its first word of a stream is asked for the answer in one piece",
    async (type) => {
      const reply = { text: "whole after all", fault: { type, afterPieces: 0, isOfStreams: true } };
      await using world = await openServers({ first: () => reply, second: whole }, ["big@first=big@second"]);
      const { text, answeredBy, route } = await take(world.routing, ask({ model: "big@first" }));
      expect({ text, answeredBy }).toEqual({ text: "whole after all", answeredBy: "big@first" });
      expect(route?.attempts).toMatchObject([
        { outcome: "answered", reason: "at try 2 in one piece, as its stream broke" },
      ]);
      expect(world.fixtures[0]?.generations.map(({ body }) => body.stream)).toEqual([true, false]);
      expect(world.fixtures[1]?.generations).toHaveLength(0);
      expect(world.routing.observed).toContain("fellBack stream batch upstream_failed");
    },
  );

  test.each(["dies", "truncated", "garbage", "error-frame"] as const)(
    "%s in the middle, this machine goes on",
    async (type) => {
      const reply = { pieces: ["one", " two"], fault: { type, afterPieces: 1 } };
      await using world = await openServers({ first: () => reply, second: whole }, [
        ...["big@first=big@second", "big@first=small"],
      ]);
      const { text, route, answeredBy } = await take(world.routing, ask({ model: "big@first" }));
      expect({ text, answeredBy }).toEqual({ text: "onehi", answeredBy: "small" });
      expect(route?.attempts.map(({ outcome }) => outcome)).toEqual(["failed", "skipped", "answered"]);
      expect(world.fixtures[1]?.generations).toHaveLength(0);
    },
  );

  test("dies in the middle with nobody to go on, the answer ends with the error", async () => {
    const reply = { pieces: ["one", " two"], fault: { type: "dies", afterPieces: 1 } } as const;
    await using world = await openServers({ first: () => reply, second: whole }, ["big@first=big@second"]);
    const { text, error } = await take(world.routing, ask({ model: "big@first" }));
    expect({ text, error }).toMatchObject({ text: "one", error: { code: "streaming_error" } });
  });

  test("fails half the time, 300 requests are answered once and whole", async () => {
    const dice = createDice(3);
    const first = ({ question }: UpstreamCall): UpstreamReply =>
      dice() < 0.5 ? { fault: { type: "status", status: 500 } } : { pieces: [question, "!"] };
    const second = ({ question }: UpstreamCall): UpstreamReply =>
      dice() < 0.5 ? { fault: { type: "dies", afterPieces: 0 } } : { pieces: [question, "!"] };
    await using world = await openServers({ first, second }, ["big@first=big@second", "big@second=small"]);
    const asked = Array.from({ length: 300 }, (_, index) => `q${index}`);
    const taken: string[] = [];
    for (let from = 0; from < asked.length; from += 12) {
      const batch = asked.slice(from, from + 12).map(async (content) => {
        const request = ask({ id: content, model: "big@first", isInteraction: false });
        const input =
          request.input.type === "chat"
            ? { ...request.input, messages: [{ role: "user" as const, content }] }
            : request.input;
        const { text, error, answeredBy } = await take(world.routing, { ...request, input });
        if (error) throw error;
        return answeredBy === "small" ? `${content}!` : text;
      });
      taken.push(...(await Promise.all(batch)));
    }
    expect(taken).toEqual(asked.map((content) => `${content}!`));
  });
});

describe("a request that must stay here", () => {
  test("opens no connection, whoever is named and whatever fails", async () => {
    const { fixtures, routing, ...world } = await openServers({ first: whole, second: whole }, [
      ...["small=big@first", "small=big@second"],
    ]);
    routing.deps.engine.generate = () => {
      throw new AppError("host_died", "gone");
    };
    for (const wish of [{ privacy: "local" }, { routing: "local" }] as const) {
      for (const model of ["small", "auto", "big@first", "unlisted@second"])
        expect((await take(routing, ask({ model, ...wish }))).error).toBeDefined();
    }
    expect(fixtures.map(({ acceptedConnections }) => acceptedConnections)).toEqual([0, 0]);
    await world[Symbol.asyncDispose]();
  });
});

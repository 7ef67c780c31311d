import { expect, test } from "bun:test";
import { retryPresets, systemClock, withRetry } from "../resilience/index.ts";
import { createFakeClock, startUpstreamFixture, type UpstreamFault, waitUntil } from "../testing/index.ts";
import { ask, createTestUpstreams, hear, never, openUpstream, textOf } from "./upstreams.fixture.ts";

const text = "one two three";

async function hearFault(fault: UpstreamFault, kind: "openai" | "anthropic" = "openai") {
  await using server = await startUpstreamFixture({ kind, script: () => ({ text, fault }) });
  const upstream = openUpstream(server);
  const heard = await hear(upstream.generate(ask(), never));
  return { ...heard, health: upstream.health() };
}

test.each(["garbage", "dies", "truncated", "error-frame"] as const)(
  "an upstream whose answer ends with fault %s keeps its text so far, and that is a streaming_error",
  async (type) => {
    for (const kind of ["openai", "anthropic"] as const) {
      const read = Promise.withResolvers<void>();
      const fault = { type, afterPieces: 2, ...(type === "dies" && { when: read.promise }) };
      await using server = await startUpstreamFixture({ kind, script: () => ({ text, fault }) });
      const upstream = openUpstream(server);
      const follow = async function* () {
        for await (const event of upstream.generate(ask(), never)) {
          yield event;
          if (event.type === "text" && event.text === "two ") read.resolve();
        }
      };
      const { events, error } = await hear(follow());
      expect(textOf(events)).toBe("one two ");
      expect(error?.code).toBe("streaming_error");
      expect(error?.message).toStartWith('upstream "big" broke off its answer: ');
      expect(upstream.health()).toMatchObject({ failures: 1, running: 0 });
    }
  },
);

test.each([
  ["garbage", { type: "garbage", afterPieces: 0 }, "is no JSON"],
  ["a connection cut", { type: "dies", afterPieces: 0 }, "broke the connection"],
  ["an error frame", { type: "error-frame", afterPieces: 0 }, "failed: overloaded"],
  ["a page", { type: "html" }, "answered with text/html where a stream was asked for"],
  ["a line of many megabytes", { type: "huge-line", bytes: 5_000_000 }, "more than 4194304 characters"],
  ["status 500", { type: "status", status: 500, message: "on fire" }, "failed with status 500: on fire"],
] as const)(
  "%s before the first text can be tried again elsewhere: upstream_failed",
  async (_what, fault, says) => {
    const { events, error, health } = await hearFault(fault);
    expect(events.filter(({ type }) => type !== "started")).toEqual([]);
    expect(error?.code).toBe("upstream_failed");
    expect(error?.message).toContain(says);
    expect(health.lastError).toBe(error?.message as string);
  },
);

test("an upstream that says nothing is given up after its time, asked for a whole answer after ten times that, and one that stops in the middle after a minute", async () => {
  for (const [fault, waitMs, code, isWhole] of [
    [{ type: "silent" }, 5_000, "upstream_failed", false],
    [{ type: "silent" }, 50_000, "upstream_failed", true],
    [{ type: "stalls", afterPieces: 1 }, 60_000, "streaming_error", false],
  ] as const) {
    await using server = await startUpstreamFixture({ script: () => ({ text, fault }) });
    const clock = createFakeClock();
    const { first } = createTestUpstreams([server.config("big", { timeoutMs: 5_000 })], { clock });
    let pieces = 0;
    const work = hear(
      (async function* () {
        for await (const event of first.generate(ask("hi", { isWhole }), never)) {
          if (event.type === "text") pieces += 1;
          yield event;
        }
      })(),
    );
    await waitUntil("it waits", () => server.generations.length === 1 && clock.pending === 1);
    if (fault.type === "stalls")
      await waitUntil("the text is there", () => pieces === 1 && clock.pending === 1);
    clock.advance(waitMs - 1);
    expect(first.health().running).toBe(1);
    clock.advance(1);
    const { error } = await work;
    expect(error?.code).toBe(code);
    expect(error?.message).toContain(`within ${waitMs} ms`);
    await waitUntil("the connection is cut", () => server.openConnections === 0);
    expect(clock.pending).toBe(0);
  }
});

test("five outages in a row open the breaker: nothing more is sent until one may try again", async () => {
  let isWell = false;
  await using server = await startUpstreamFixture({
    script: () => (isWell ? { text } : { fault: { type: "status", status: 503 } }),
  });
  const clock = createFakeClock();
  const { first, logs } = createTestUpstreams([server.config("big")], { clock });
  for (let time = 0; time < 5; time += 1) await hear(first.generate(ask(), never));
  const { error } = await hear(first.generate(ask(), never));
  expect(error).toMatchObject({ code: "circuit_open", details: { retryAfterSeconds: 30 } });
  expect(server.generations).toHaveLength(5);
  expect(first.health()).toMatchObject({ state: "open", failures: 5 });
  expect(logs).toMatchObject([{ event: "upstream_open", fields: { upstream: "big" } }]);
  isWell = true;
  clock.advance(30_000);
  const both = await Promise.all([hear(first.generate(ask(), never)), hear(first.generate(ask(), never))]);
  expect(both.map(({ error: failure }) => failure?.code).toSorted()).toEqual(["circuit_open", undefined]);
  await hear(first.generate(ask(), never));
  expect(first.health()).toMatchObject({ state: "closed", failures: 0 });
});

test("refusals and full rate limits are no outages", async () => {
  const statuses = [400, 401, 404, 429, 400, 404, 429, 422];
  await using server = await startUpstreamFixture({
    script: ({ index }) => ({ fault: { type: "status", status: statuses[index] ?? 400, retryAfter: "9" } }),
  });
  const upstream = openUpstream(server);
  const codes = [];
  for (const _ of statuses) codes.push((await hear(upstream.generate(ask(), never))).error?.code);
  expect(codes.slice(0, 4)).toEqual([
    "invalid_request",
    "upstream_refused",
    "model_not_found",
    "rate_limit_exceeded",
  ]);
  expect(upstream.health()).toMatchObject({ state: "closed", failures: 0 });
});

test("no more run at a time than there are places, and those that wait get theirs", async () => {
  const gate = Promise.withResolvers<void>();
  await using server = await startUpstreamFixture({ script: () => ({ text, waitFor: gate.promise }) });
  const upstream = openUpstream(server, { maxConcurrent: 2 });
  const work = Array.from({ length: 5 }, () => hear(upstream.generate(ask(), never)));
  await waitUntil("two are asked", () => server.generations.length === 2);
  expect(upstream.health().running).toBe(2);
  gate.resolve();
  expect((await Promise.all(work)).map(({ events }) => textOf(events))).toEqual(Array(5).fill(text));
});

test("more than its requests a minute are refused with the time to come again, and nothing is sent", async () => {
  await using server = await startUpstreamFixture();
  const { first } = createTestUpstreams([server.config("big", { requestsPerMinute: 2 })], {
    clock: createFakeClock(),
  });
  await hear(first.generate(ask(), never));
  await hear(first.generate(ask(), never));
  const { error } = await hear(first.generate(ask(), never));
  expect(error?.code).toBe("rate_limit_exceeded");
  expect(error?.retryAfterMs).toBe(25_000);
  expect(server.generations).toHaveLength(2);
});

test("of 10,000 requests to an upstream that fails half of them once, none is lost and none answered twice", async () => {
  const count = 10_000;
  const failed = new Set<string>();
  const answered = new Map<string, number>();
  await using server = await startUpstreamFixture({
    script({ question }) {
      if (Number(question) % 2 === 1 && !failed.has(question)) {
        failed.add(question);
        return { fault: { type: "status", status: 500 } };
      }
      answered.set(question, (answered.get(question) ?? 0) + 1);
      return { text: `answer ${question}` };
    },
  });
  const upstream = openUpstream(server);
  const heard: string[] = [];
  let next = 0;
  /** Four lanes, each with at most one failure in a row: the breaker stays closed. */
  const lane = async () => {
    for (let number = next++; number < count; number = next++) {
      const { events } = await withRetry(
        async () => {
          const result = await hear(upstream.generate(ask(String(number)), never));
          if (result.error) throw result.error;
          return result;
        },
        { preset: retryPresets.default, clock: systemClock, random: () => 0, signal: never },
      );
      heard[number] = textOf(events);
    }
  };
  await Promise.all(Array.from({ length: 4 }, lane));
  expect(heard).toHaveLength(count);
  expect(heard.every((answer, number) => answer === `answer ${number}`)).toBe(true);
  expect(answered.size).toBe(count);
  expect([...answered.values()].every((times) => times === 1)).toBe(true);
  expect(server.generations).toHaveLength(count * 1.5);
  expect(upstream.health()).toMatchObject({ state: "closed", running: 0 });
});

test.each(["openai", "anthropic"] as const)(
  "an %s answer in one piece says what its stream would have said, asked for so or not",
  async (kind) => {
    const reply = {
      ...{ text: "Let me look.", usage: { promptTokens: 9, completionTokens: 4, cachedTokens: 2 } },
      toolCalls: [
        { id: "call_1", name: "read_file", arguments: '{"path":"a.md"}' },
        { id: "call_2", name: "list", arguments: "{}" },
      ],
    };
    const heard = async (isWhole: boolean, fault?: UpstreamFault) => {
      const script = () => ({ ...reply, ...(fault && { fault }) });
      await using server = await startUpstreamFixture({ kind, script });
      const { events, error } = await hear(openUpstream(server).generate(ask("hi", { isWhole }), never));
      expect(error).toBeUndefined();
      expect(server.generations[0]?.body.stream).toBe(!isWhole);
      const calls = Map.groupBy(
        events.filter((event) => event.type === "tool-call"),
        ({ index }) => index,
      );
      const done = events.at(-1);
      return {
        text: textOf(events),
        calls: [...calls.values()].map((deltas) => ({
          ...{ id: deltas[0]?.id, name: deltas[0]?.name },
          arguments: deltas.map(({ argumentsDelta }) => argumentsDelta).join(""),
        })),
        finish: events.findLast((event) => event.type === "finish")?.reason,
        usage: done?.type === "done" && done.usage,
      };
    };
    const streamed = await heard(false);
    expect(streamed).toMatchObject({ text: reply.text, calls: reply.toolCalls, finish: "tool_calls" });
    expect(await heard(false, { type: "not-streamed" })).toEqual(streamed);
    expect(await heard(true)).toEqual(streamed);
  },
);

test("a whole answer that is cut, or is an error, is told as one that is streamed", async () => {
  const whole = async (fault: UpstreamFault) => {
    await using server = await startUpstreamFixture({ script: () => ({ text, fault }) });
    return (await hear(openUpstream(server).generate(ask("hi", { isWhole: true }), never))).error;
  };
  expect(await whole({ type: "truncated", afterPieces: 0 })).toMatchObject({ code: "upstream_failed" });
  expect((await whole({ type: "error-frame", afterPieces: 0 }))?.message).toContain("failed: overloaded");
});

import { describe, expect, test } from "bun:test";
import { createFakeClock } from "../../../testing/index.ts";
import { type FailureCode, PluginFailure } from "../../failure.ts";
import { createCircuits, maxCircuits, withCircuits } from "./circuits.ts";
import type { HttpAnswer } from "./client.ts";
import { failureOf } from "./http-test-client.fixture.ts";

const { signal } = new AbortController();

function create() {
  const clock = createFakeClock();
  const circuits = createCircuits(clock);
  let next: () => HttpAnswer = () => answer(200);
  let asked = 0;
  const client = withCircuits(
    {
      async request() {
        asked += 1;
        return next();
      },
    },
    circuits,
  );
  const get = (url: string) => client.request({ method: "GET", url, headers: {} }, signal);
  const willDo = (what: () => HttpAnswer) => {
    next = what;
  };
  return { clock, get, willDo, countAsked: () => asked };
}

function answer(status: number): HttpAnswer {
  return { status, headers: {}, body: new Uint8Array() };
}

function failing(code: FailureCode): () => never {
  return () => {
    throw new PluginFailure(code, "it broke off");
  };
}

const down = "https://down.test/x";

describe("a server that failed three times in a row is not asked for half a minute", () => {
  test.each([
    ["broke off", failing("http_failed")],
    ["did not answer in time", failing("http_timeout")],
  ])("as it %s", async (_, what) => {
    const { clock, get, willDo, countAsked } = create();
    willDo(what);
    for (let call = 0; call < 3; call += 1) await get(down).catch(() => undefined);
    expect(await failureOf(get(down))).toEqual({
      code: "http_circuit_open",
      message: "down.test failed 3 times in a row and is tried again in 30 s; last: it broke off",
    });
    expect(countAsked()).toBe(3);
    willDo(() => answer(200));
    expect((await get("https://up.test/")).status).toBe(200);
    clock.advance(30_000);
    expect((await get(down)).status).toBe(200);
    expect((await get(down)).status).toBe(200);
  });
});

describe("what the plugin did wrong says nothing about its servers", () => {
  test.each(["http_invalid", "http_host_not_granted", "http_too_large", "plugin_cancelled"] as const)(
    "%s",
    async (code) => {
      const { get, willDo } = create();
      willDo(failing(code));
      for (let call = 0; call < 10; call += 1) expect((await failureOf(get(down))).code).toBe(code);
    },
  );
});

test("a server that answers with errors is left to the plugin", async () => {
  const { get, willDo } = create();
  willDo(() => answer(503));
  for (let call = 0; call < 10; call += 1) expect((await get(down)).status).toBe(503);
});

test("an address that is none is left to the client to refuse", async () => {
  const { get, countAsked } = create();
  await get("no address");
  expect(countAsked()).toBe(1);
});

test("a plugin that asks ever more hosts makes the oldest be forgotten", async () => {
  const { get, willDo } = create();
  willDo(failing("http_failed"));
  for (let call = 0; call < 3; call += 1) await failureOf(get(down));
  for (let host = 0; host < maxCircuits; host += 1) await failureOf(get(`https://h${host}.test/`));
  expect((await failureOf(get(down))).code).toBe("http_failed");
});

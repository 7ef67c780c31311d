import { expect, test } from "bun:test";
import { systemClock } from "../../resilience/index.ts";
import {
  createFakeCoordinator,
  createFakeEngine,
  createFakeLibrary,
  createServerRecords,
  quietSettings,
  startUpstreamFixture,
} from "../../testing/index.ts";
import { createUpstreams, withUpstreams } from "../../upstreams/index.ts";
import { createServerApp } from "../app.ts";

/** A server whose own model fails and whose every other model is elsewhere. */
async function openApp() {
  const fixture = await startUpstreamFixture();
  const upstreams = createUpstreams({
    upstreams: [fixture.config("work", { models: { big: {} } })],
    ...{ readVariable: () => undefined, fetch, clock: systemClock, random: Math.random },
    ...{ now: Date.now, logger: { warn: () => undefined } },
  });
  const own = createFakeEngine({ models: ["small"], queueLimit: 0 });
  const library = createFakeLibrary({ names: ["small"] });
  const engine = { ...own, ...withUpstreams(own, upstreams) };
  const settings = { ...quietSettings, models: ["small"], fallbacks: ["small=big@work"] };
  const coordinator = createFakeCoordinator({ engine, library, upstreams, settings });
  const { deps } = createServerRecords({ engine, library, coordinator });
  const app = createServerApp(deps);
  return {
    fixture,
    async chat(model: string, fields: object, headers: Readonly<Record<string, string>> = {}) {
      const body = { model, messages: [{ role: "user", content: "secret" }], ...fields };
      const response = await app.request("/v1/chat/completions", {
        ...{ method: "POST", body: JSON.stringify(body) },
        headers: { "content-type": "application/json", ...headers },
      });
      return { status: response.status, text: await response.text() };
    },
    [Symbol.asyncDispose]: () => fixture[Symbol.asyncDispose](),
  };
}

const wishes: readonly (readonly [string, object, Readonly<Record<string, string>>])[] = [
  ["its privacy", { hearth: { privacy: "local" } }, {}],
  ["a header", {}, { "x-hearth-privacy": "local" }],
  ["a header that a proxy repeats", {}, { "x-hearth-privacy": "any, Local" }],
  ["its route", { hearth: { route: "local" } }, {}],
];

test.each(wishes)(
  "a request that stays here by %s opens no connection, streamed or not",
  async (_, fields, headers) => {
    await using app = await openApp();
    for (const model of ["small", "big@work", "unlisted@work"]) {
      for (const stream of [false, true]) {
        const { status, text } = await app.chat(model, { ...fields, stream }, headers);
        expect({ model, status }).toEqual({ model, status: model === "small" ? 503 : 403 });
        expect(text).not.toContain("secret");
      }
    }
    expect(app.fixture.acceptedConnections).toBe(0);
  },
);

test("a wish for privacy that is not understood is refused, by its name", async () => {
  await using app = await openApp();
  for (const wish of ["true", "", "strict"]) {
    const { status, text } = await app.chat("big@work", {}, { "x-hearth-privacy": wish });
    expect({ wish, status, text }).toEqual({
      wish,
      status: 400,
      text: expect.stringContaining("x-hearth-privacy"),
    });
  }
  expect(app.fixture.acceptedConnections).toBe(0);
});

test("the same requests without that wish are answered elsewhere", async () => {
  await using app = await openApp();
  for (const model of ["small", "big@work"]) expect((await app.chat(model, {})).status).toBe(200);
  expect(app.fixture.generations).toHaveLength(2);
});

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Engine } from "../../engine/index.ts";
import { systemClock } from "../../resilience/index.ts";
import {
  createFakeLibrary,
  createRealEngine,
  startUpstreamFixture,
  type UpstreamFixture,
  type UpstreamReply,
} from "../../testing/index.ts";
import { createUpstreams, withUpstreams } from "../../upstreams/index.ts";
import { createBarStore } from "./bar-store.ts";
import { ask, openRouting, take } from "./routing.fixture.ts";

let local: Engine;
beforeAll(async () => {
  local = await createRealEngine();
});
afterAll(async () => await local.stop(AbortSignal.abort()));

async function openWorld(reply: UpstreamReply) {
  const fixture: UpstreamFixture = await startUpstreamFixture({ script: () => reply });
  const elsewhere = createUpstreams({
    upstreams: [fixture.config("work", { models: { big: {} } })],
    ...{ readVariable: () => undefined, fetch, clock: systemClock, random: () => 0 },
    ...{ now: Date.now, logger: { warn: () => undefined } },
  });
  const routing = openRouting({
    ...{ models: ["hearth-demo"], elsewhere, policy: () => ({}), engine: withUpstreams(local, elsewhere) },
    settings: { models: ["hearth-demo"], fallbacks: ["big@work=hearth-demo"] },
  });
  return {
    ...{ routing, fixture },
    async [Symbol.asyncDispose]() {
      await routing[Symbol.asyncDispose]();
      await fixture[Symbol.asyncDispose]();
    },
  };
}

const digest = (await createFakeLibrary({ names: ["hearth-demo"] }).find("hearth-demo"))?.digest ?? "";

describe("with a real model on this machine", () => {
  test("an answer that broke off elsewhere is gone on with here, word for word from where it was", async () => {
    const begun = ["I", " am", " a"];
    await using world = await openWorld({
      pieces: [...begun, " x"],
      fault: { type: "dies", afterPieces: 3 },
    });
    const { text, error, answeredBy } = await take(world.routing, ask({ model: "big@work", maxTokens: 12 }));
    expect({ error, answeredBy }).toEqual({ error: undefined, answeredBy: "hearth-demo" });
    expect(text).toStartWith(begun.join(""));
    expect(text.length).toBeGreaterThan(begun.join("").length);
    expect(text.slice(begun.join("").length)).not.toStartWith("I am a");
  });

  test.each([
    [0.0001, "hearth-demo"],
    [0.9999, "big@work"],
  ])("a bar of %d leaves the answer with %s", async (bar, answeredBy) => {
    await using world = await openWorld({ text: "from there" });
    const store = createBarStore(world.routing.deps);
    await store.save({ modelDigest: digest, model: "hearth-demo", bar, report: {} });
    const told = await take(world.routing, ask({ maxTokens: 100 }));
    expect(told.answeredBy).toBe(answeredBy);
    expect(told.route?.confidence).toBeWithin(0.0001, 0.9999);
    expect(world.fixture.generations).toHaveLength(answeredBy === "big@work" ? 1 : 0);
  });

  test("labelled answers set its bar", async () => {
    await using world = await openWorld({ text: "from there" });
    const examples = Array.from({ length: 20 }, (_, index) => ({
      prompt: `What is ${index}?`,
      ok: index % 2 === 0,
    }));
    const { curve, chosen } = await world.routing.routes.calibrate(
      { examples, target: { share: 0.5 } },
      new AbortController().signal,
    );
    expect(chosen?.remoteShare).toBeLessThanOrEqual(0.5);
    expect(curve.length).toBeGreaterThan(1);
    expect(world.fixture.acceptedConnections).toBe(0);
  });
});

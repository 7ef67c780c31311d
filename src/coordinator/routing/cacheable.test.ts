import { expect, test } from "bun:test";
import { openPlugins } from "../../app/index.ts";
import { loadConfig } from "../../config/index.ts";
import type { AnswerEvent } from "../../contract/index.ts";
import { createFakeCoordinator, createTemporaryFolder } from "../../testing/index.ts";
import { generate, type PipelineDeps } from "../pipeline.ts";
import { ask, openRouting } from "./routing.fixture.ts";

const said = "It is the floor of a fireplace.";

test("a local answer of auto is returned whole, and served from the cache the next time", async () => {
  using home = createTemporaryFolder();
  const plugins = await openPlugins(await loadConfig({ flags: { home: home.path }, environment: {} }));
  await using routing = openRouting({ plugins: async () => plugins, script: () => [{ text: said }] });
  const { deps, folder } = routing;
  const coordinator = createFakeCoordinator({
    ...deps,
    async database() {
      const database = await deps.database();
      await database.loadVectors(folder.path);
      return database;
    },
  });
  const pipeline: PipelineDeps = {
    ...{ ...deps, coordinator, record: coordinator.observe },
    engine: { ...deps.engine, find: () => deps.engine.find("small") },
    judges: () => Promise.reject(new Error("this test has no judges")),
  };
  async function answer(id: string) {
    const events: AnswerEvent[] = [];
    const request = ask({ id, caching: "exact", sampling: { temperature: 0 } });
    for await (const event of generate(pipeline, request, new AbortController().signal)) events.push(event);
    const told = events.findLast((event) => event.type === "receipt");
    const text = events.map((event) => (event.type === "text" ? event.text : "")).join("");
    return { text, kind: told?.receipt.route.kind, last: events.at(-1)?.type };
  }
  expect(await answer("r1")).toEqual({ text: said, kind: "local", last: "done" });
  await (await coordinator.cache()).settle();
  expect(await answer("r2")).toEqual({ text: said, kind: "cache", last: "done" });
  expect(routing.asked()).toEqual(["small"]);
  await coordinator.close();
  await plugins.close();
});

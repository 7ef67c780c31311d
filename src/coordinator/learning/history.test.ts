import { expect, test } from "bun:test";
import { createEmbedder } from "../../judges/index.ts";
import type { Hit, Knowledge } from "../../knowledge/index.ts";
import { createFakeEngine } from "../../testing/index.ts";
import { createHistory } from "./history.ts";
import type { Interaction } from "./interaction.ts";
import { signal } from "./learning.fixture.ts";

const words = createEmbedder({ engine: createFakeEngine({ models: [] }) });
const asked = { id: "asked", tenant: "alice", query: "how to retry", isPrivate: false } as Interaction;

/** A history whose vectors find these interactions with these cosines. */
function openHistory(scores: Readonly<Record<string, number>>) {
  const hits = Object.entries(scores).map(([source, score]) => ({ source, score, text: "t" }) as Hit);
  const search = async () => ({ mode: "vectors" as const, hits });
  return createHistory({ knowledge: async () => ({ search }) as unknown as Knowledge, words });
}

test("queries as alike as 0.8 are neighbours, those as alike as 0.9 very near ones, and none is its own", async () => {
  const history = openHistory({ asked: 1, same: 0.9, near: 0.8999, far: 0.8, other: 0.7999 });
  expect(await history.findNeighbours(asked, signal)).toEqual([
    { id: "same", isVeryNear: true },
    { id: "near", isVeryNear: false },
    { id: "far", isVeryNear: false },
  ]);
});

test("a blank query has no neighbours", async () => {
  expect(await openHistory({ same: 1 }).findNeighbours({ ...asked, query: " \n" }, signal)).toEqual([]);
});

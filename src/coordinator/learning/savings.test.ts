import { expect, test } from "bun:test";
import type { Upstreams } from "../../upstreams/index.ts";
import { createReceipt, createRecord, openTestLearning } from "./learning.fixture.ts";
import { findCounterfactual, toSavingsBody } from "./savings.ts";
import type { Usage } from "./usage.ts";

const usage: readonly Usage[] = [
  { route: "local", model: "small", answers: 2, promptTokens: 1_000_000, completionTokens: 100_000 },
  { route: "cache", model: "small", answers: 1, promptTokens: 500_000, completionTokens: 50_000 },
  { route: "remote", model: "big@cloud", answers: 1, promptTokens: 9, completionTokens: 1 },
];
const upstreamsOf = (models: Readonly<Record<string, object>>) =>
  ({ list: [{ config: { name: "cloud", models } }], find: () => undefined }) as unknown as Upstreams;

test("measured tokens are priced at the counterfactual, with and without the cache, and it is an estimate", () => {
  // 1 M · 3 + 0.1 M · 15 = 4.5 USD here, and half of it from the cache.
  const counterfactual = { model: "big@cloud", inputUsd: 3, outputUsd: 15 };
  expect(toSavingsBody(usage, counterfactual)).toMatchObject({
    estimate: true,
    tokens: {
      ...{ local: 1_100_000, cached: 550_000, remote: 10 },
      ...{ saved_with_cache: 1_650_000, saved_without_cache: 1_100_000 },
    },
    counterfactual: { model: "big@cloud", input_usd_per_million: 3, output_usd_per_million: 15 },
    usd: { saved_with_cache: 6.75, saved_without_cache: 4.5 },
  });
});

test("without a price there are tokens, no money, and what to do", () => {
  expect(toSavingsBody(usage, undefined)).toMatchObject({
    ...{ usd: null, counterfactual: null, reason: expect.stringContaining("inputUsd") },
    tokens: { saved_with_cache: 1_650_000 },
  });
});

test("the configured remote model is the counterfactual, else the first that has a price", () => {
  const upstreams = upstreamsOf({
    plain: {},
    mid: { inputUsd: 1, outputUsd: 2 },
    big: { inputUsd: 3, outputUsd: 4 },
  });
  const find = (routeRemote?: string) =>
    findCounterfactual({
      upstreams,
      settings: { ...(routeRemote !== undefined && { routeRemote }) } as never,
    });
  expect(find("big@cloud")).toEqual({ model: "big@cloud", inputUsd: 3, outputUsd: 4 });
  expect(find("plain@cloud")).toBeUndefined();
  expect(find()).toEqual({ model: "mid@cloud", inputUsd: 1, outputUsd: 2 });
});

test("the status tells of answers by where they came from, of this tenant alone, and outlives the interactions", async () => {
  await using opened = await openTestLearning({
    interactions: "hash",
    retention: { maxInteractions: 1, maxAgeMs: 1e12 },
  });
  const routed = (kind: "local" | "remote" | "cache") =>
    createReceipt({ route: { kind, asked: "auto", rule: "named", reason: "", attempts: [] } });
  for (const [index, kind] of (["local", "local", "remote", "cache"] as const).entries())
    opened.learning.track(createRecord(`chatcmpl-${index}`, "q", "a", { receipt: routed(kind) }));
  opened.learning.track(createRecord("chatcmpl-9", "q", "a", { request: { tenant: "bob" } }));
  await opened.learning.settle();
  expect(await opened.learning.status("alice")).toMatchObject({
    interactions: "hash",
    "token-savings": {
      queries: { total: 4, local: 2, remote: 1, cached: 1 },
      routing: { local_share: 2 / 3, target: 0.7 },
      cache: { hit_share: 0.25 },
      tokens: { local: 84, cached: 42, remote: 42, saved_with_cache: 126 },
    },
    "rag-collections": { total_collections: 5 },
  });
});

test("a status of nothing has no shares instead of numbers that mean nothing", async () => {
  await using opened = await openTestLearning();
  expect(await opened.learning.status("alice")).toMatchObject({
    "learning-metrics": {
      interactions: { total: 0 },
      patterns: { learning_rate: 0 },
      value_scoring: { avg: null },
    },
    "token-savings": { routing: { local_share: null }, cache: { hit_share: null } },
  });
});

test("only the last seven days count as such", async () => {
  await using opened = await openTestLearning({ interactions: "hash" });
  opened.learning.track(createRecord("chatcmpl-1", "q", "a"));
  await opened.learning.settle();
  opened.time.nowMs += 8 * 86_400_000;
  opened.learning.track(createRecord("chatcmpl-2", "q", "a"));
  await opened.learning.settle();
  expect(await opened.learning.status("alice")).toMatchObject({
    "learning-metrics": { interactions: { total: 2, last_7d: 1 } },
  });
});

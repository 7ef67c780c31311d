import { expect, test } from "bun:test";
import { AppError } from "../../../base/index.ts";
import type { GenerateRequest } from "../../../contract/index.ts";
import { createRealEngine } from "../../../testing/index.ts";
import { createRealDeps, createScriptedDeps, say } from "../probes/probe-fixture.ts";
import { comparePair } from "./compare-pair.ts";

const { signal } = new AbortController();
const pair = { prompt: "Why?", first: "the good one", second: "the bad one", judgeModel: "fake-model" };

/** What stands as answer A in a request. */
function answerA({ input }: GenerateRequest): string {
  const text = input.type === "chat" ? (input.messages.at(-1)?.content ?? "") : "";
  return /Answer A: (.*)/.exec(text)?.[1] ?? "";
}

function compare(judge: (a: string) => string) {
  const { deps, engine } = createScriptedDeps((request) => say(judge(answerA(request))));
  return { engine, comparison: comparePair(deps, pair, signal) };
}

test("an answer wins where it is the better one in both places", async () => {
  const { engine, comparison } = compare((a) => `{"better": "${a === pair.first ? "A" : "B"}"}`);
  expect(await comparison).toEqual({ scored: true, winner: "first", isConsistent: true, warnings: [] });
  expect(engine.requests.map(answerA)).toEqual([pair.first, pair.second]);
  const second = compare((a) => `{"better": "${a === pair.second ? "A" : "B"}"}`);
  expect(await second.comparison).toMatchObject({ winner: "second", isConsistent: true });
});

test("a judge that always prefers a place gets a tie that is told to be inconsistent", async () => {
  for (const place of ["A", "B"]) {
    const { comparison } = compare(() => `{"better": "${place}"}`);
    expect(await comparison).toEqual({ scored: true, winner: "tie", isConsistent: false, warnings: [] });
  }
});

test("a tie in both orders is one, and in one order alone it is inconsistent", async () => {
  expect(await compare(() => '{"better": "tie"}').comparison).toMatchObject({
    winner: "tie",
    isConsistent: true,
  });
  const half = compare((a) => `{"better": "${a === pair.first ? "A" : "tie"}"}`);
  expect(await half.comparison).toMatchObject({ winner: "tie", isConsistent: false });
});

test("a reply without a verdict, in either order, leaves the pair unscored", async () => {
  for (const wrong of ["", "A", '{"better": "C"}', "{}"]) {
    expect((await compare(() => wrong).comparison).scored).toBe(false);
    const later = compare((a) => (a === pair.first ? '{"better": "A"}' : wrong));
    expect((await later.comparison).scored).toBe(false);
  }
});

test("a judge that wrote one of the answers is warned of once", async () => {
  const { deps } = createScriptedDeps(() => say('{"better": "A"}'));
  const answeredBy = ["fake-model", "other-model", "fake-model"];
  expect((await comparePair(deps, { ...pair, answeredBy }, signal)).warnings).toHaveLength(1);
});

test("an abort is thrown", async () => {
  const aborted = AbortSignal.abort(new AppError("cancelled", "the user left"));
  const { deps } = createScriptedDeps(() => say('{"better": "A"}'));
  expect(await comparePair(deps, pair, aborted).catch((error) => error.code)).toBe("cancelled");
});

test("the built-in model compares, and swapping the answers swaps the verdict", async () => {
  const engine = await createRealEngine();
  try {
    const deps = createRealDeps(engine);
    const asked = { ...pair, judgeModel: "hearth-demo" };
    const straight = await comparePair(deps, asked, signal);
    const swapped = await comparePair(deps, { ...asked, first: pair.second, second: pair.first }, signal);
    const mirror = { first: "second", second: "first", tie: "tie" } as const;
    expect(straight.scored && swapped.scored && mirror[straight.winner] === swapped.winner).toBe(true);
  } finally {
    await engine.stop(AbortSignal.timeout(5_000));
  }
});

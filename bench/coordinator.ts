/**
 * `bun run bench:coordinator`: what happens to a request, shown by the receipts of real ones. Two servers of the fixture
 * stand for upstreams: `work`, which is scripted to fail in every way, and `spare`.
 */
import { startUpstreamFixture } from "../src/testing/index.ts";
import { openHearth } from "./coordinator/hearth.ts";
import { type Step, steps } from "./coordinator/steps.ts";
import { workScript } from "./coordinator/upstream-scripts.ts";

/** Prices that the budget and the receipts are counted by, in USD for a million tokens. */
const models = { large: { inputUsd: 3, outputUsd: 15, contextTokens: 128_000 } };

await using work = await startUpstreamFixture({ script: workScript });
await using spare = await startUpstreamFixture({
  kind: "anthropic",
  script: (call) => ({ text: `The spare answers: ${call.question.split("\n").at(-1)}` }),
});
const only = process.argv[2];
await using hearth = await openHearth({
  upstreams: [work.config("work", { models }), spare.config("spare", { models })],
  routeRemote: "large@work",
  fallbacks: ["large@work=large@spare", "large@spare=hearth-demo"],
  cache: "exact",
  interactions: "hash",
});
let failures = 0;
for (const step of steps.filter(({ name }) => only === undefined || name === only)) {
  const before = { work: work.generations.length, spare: spare.generations.length };
  const shown = await show(step);
  const asked = [work.generations.length - before.work, spare.generations.length - before.spare];
  console.log(`${shown}\n  upstreams asked: work ${asked[0]}, spare ${asked[1]}\n`);
}
if (failures > 0) process.exitCode = 1;

async function show(step: Step): Promise<string> {
  const result = await step.run(hearth);
  const said = [result.answer, ...result.notes].join("\n");
  const missed = [
    ...(step.expects.test(result.route) ? [] : [step.expects]),
    ...(!step.says || step.says.test(said) ? [] : [step.says]),
  ];
  if (missed.length > 0) failures += 1;
  const verdict = missed.map((wanted) => `  UNEXPECTED, wanted ${wanted}\n`).join("");
  const lines = [`> ${result.answer}`, `x-hearth-route: ${result.route}`, ...result.notes, ...result.receipt];
  return `${step.name}: ${step.title}\n${verdict}${lines.map((line) => `  ${line}`).join("\n")}`;
}

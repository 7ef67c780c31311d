import { createApp } from "../../src/app/index.ts";
import { loadConfig } from "../../src/config/index.ts";
import { type Suite, type Suites, toSuite } from "../../src/judges/index.ts";
import { createTemporaryFolder } from "../../src/testing/index.ts";
import type { Figure } from "../figures.ts";
import { median } from "../statistics.ts";

const answers = 1_000;
const measuredRuns = 7;
const msPerSecond = 1_000;
const minPerSecond = 2_000;

/** A suite of stored answers: length, keywords, coherence and grounding of each. */
export async function measureAnswers(): Promise<readonly Figure[]> {
  using folder = createTemporaryFolder();
  const flags = { home: folder.path, preload: "off", discover: "off", logLevel: "error" };
  const app = await createApp(await loadConfig({ flags, environment: {} }));
  const { suites } = await app.judges();
  const suite = toSuite(createSuite(), "suite");
  const runs: Run[] = [];
  for (let run = 0; run <= measuredRuns; run += 1) runs.push(await runOnce(suites, suite));
  await app.stop(AbortSignal.abort());
  // The first brings the processes and compiles the judges.
  const measured = runs.slice(1);
  const rate = median(measured.map(({ judgingMs }) => answers / (judgingMs / msPerSecond)));
  const whole = median(measured.map(({ wholeMs }) => answers / (wholeMs / msPerSecond)));
  return [
    {
      name: `judging ${answers} stored answers, each by three judges`,
      value: `${rate.toFixed(0)} answers/s`,
      target: `>= ${minPerSecond} answers/s`,
      isReached: rate >= minPerSecond,
    },
    { name: "the same with the run stored and its report made", value: `${whole.toFixed(0)} answers/s` },
  ];
}

type Run = { readonly judgingMs: number; readonly wholeMs: number };

async function runOnce(suites: Suites, suite: Suite): Promise<Run> {
  const startedMs = performance.now();
  let begunMs = startedMs;
  let judgedMs = startedMs;
  const report = await suites.run(
    suite,
    {},
    {
      signal: new AbortController().signal,
      onProgress({ done }) {
        judgedMs = performance.now();
        if (done === 0) begunMs = judgedMs;
      },
    },
  );
  if (report.run.status !== "completed") throw new Error(JSON.stringify(report.run));
  return { judgingMs: judgedMs - begunMs, wholeMs: performance.now() - startedMs };
}

function createSuite() {
  return {
    name: "stored answers",
    defaults: {
      criteria: {
        preset: "none",
        min_response_length: 10,
        required_keywords: ["capital"],
        min_coherence_score: 0.5,
        judges: ["grounding"],
      },
    },
    cases: Array.from({ length: answers }, (_, index) => ({
      name: `answer ${index}`,
      prompt: `What is the capital of country ${index}?`,
      context: [`The capital of country ${index} is the town of Brunn, which lies on the river Alva.`],
      response: `The capital of country ${index} is Brunn. It lies on the river Alva, as the context says.`,
    })),
  };
}

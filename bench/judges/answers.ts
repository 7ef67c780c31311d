import { createApp } from "../../src/app.ts";
import { loadConfig } from "../../src/config/index.ts";
import { toSuite } from "../../src/judges/index.ts";
import { createTemporaryFolder } from "../../src/testing/index.ts";
import type { Figure } from "../figures.ts";
import { median } from "../statistics.ts";

const answers = 1_000;
const runs = 5;
const minPerSecond = 2_000;

/** A suite of stored answers: length, keywords, coherence and grounding of each, stored as a run. */
export async function measureAnswers(): Promise<readonly Figure[]> {
  using folder = createTemporaryFolder();
  const flags = { home: folder.path, preload: "off", discover: "off", logLevel: "error" };
  const app = await createApp(await loadConfig({ flags, environment: {} }));
  const { suites } = await app.judges();
  const suite = toSuite(createSuite(), "suite");
  const perSecond: number[] = [];
  for (let run = 0; run <= runs; run += 1) {
    const startedMs = performance.now();
    const report = await suites.run(suite, {}, { signal: new AbortController().signal });
    if (report.run.status !== "completed") throw new Error(JSON.stringify(report.run));
    // The first brings the processes and compiles the judges.
    if (run > 0) perSecond.push(answers / ((performance.now() - startedMs) / 1_000));
  }
  await app.stop(AbortSignal.abort());
  const rate = median(perSecond);
  return [
    {
      name: `judging ${answers} stored answers by three judges, and storing the run`,
      value: `${rate.toFixed(0)} answers/s`,
      target: `>= ${minPerSecond} answers/s`,
      isReached: rate >= minPerSecond,
    },
  ];
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

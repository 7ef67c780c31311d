import { expect, test } from "bun:test";
import { createRealEngine } from "../../testing/index.ts";
import { parseTrajectoryConfig } from "./config.ts";
import { createTrajectory } from "./trajectory.ts";
import { createGround } from "./trajectory-fixture.ts";

const signal = new AbortController().signal;

test("bars that are calibrated on a model's own answers gate its later ones, also after a restart", async () => {
  await using ground = createGround(await createRealEngine());
  const trajectory = createTrajectory(ground.deps);
  const config = parseTrajectoryConfig({ temperature: 0, max_new_tokens: 16 });
  const examples: { prompt: string; answer: string; pass: boolean }[] = [];
  for (let i = 0; i < 10; i++) {
    const prompt = `Who are you? Say it ${i} times.`;
    const { text } = await trajectory.analyze({ prompt, config }, signal);
    examples.push({ prompt, answer: text, pass: true });
    examples.push({ prompt, answer: `zxq${i} vvk ${i}${i} ##qj wwx`, pass: false });
  }
  const done: number[] = [];
  const { report, bars, modelDigest } = await trajectory.calibrate(
    { examples, onExample: (count) => done.push(count) },
    signal,
  );
  expect(done.at(-1)).toBe(20);
  expect(report.heldOut).toMatchObject({ examples: 10, accuracy: 1 });
  expect(bars.perplexity).toBeGreaterThan(1);
  const later = createTrajectory(ground.deps);
  expect(await later.thresholdsFor(modelDigest)).toMatchObject({ bars, report });
  const analysis = await later.analyze({ prompt: "Who are you?", config }, signal);
  expect(analysis.record.gate).toEqual({ status: "passed", isAdvisory: false });
  expect(analysis.record.thresholds.sources.perplexity).toBe("calibrated");
});

test("a calibration that is refused keeps nothing", async () => {
  await using ground = createGround(await createRealEngine());
  const trajectory = createTrajectory(ground.deps);
  const ask = (text: string, pass: boolean) => ({ text, pass });
  const few = [ask("Hearth runs here.", true), ask("xq", false)];
  await expect(trajectory.calibrate({ examples: few }, signal)).rejects.toThrow("1 pass and 1 fail");
  expect(await trajectory.thresholdsFor("hearth-demo")).toBeUndefined();
});

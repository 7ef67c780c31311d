import {
  type Analysis,
  readExamples,
  type Trajectory,
  toAnalysisBody,
  toCalibrationBody,
  toTextScoreBody,
} from "../../judges/index.ts";
import { readConfig } from "../config-flags.ts";
import type { CliDeps } from "../deps.ts";
import { readAll } from "../io.ts";
import { untilStopped } from "../stoppable.ts";
import { toJsonText } from "../table.ts";
import { asUsage, exitCodes, UsageError } from "../usage-error.ts";
import { formatAnalysis, formatCalibration, formatScore } from "./analysis-text.ts";
import { type AnalyzeOptions, type AnalyzeTask, chooseTask } from "./analyze-options.ts";
import { markAnswer, paintAnswer, wantsColor } from "./answer-text.ts";
import { createCountLine } from "./count-line.ts";
import { formatHeatMap } from "./heat-map.ts";
import { readInputText } from "./input-text.ts";
import { requireWritable, writeReport } from "./report-files.ts";
import { toSpans } from "./token-spans.ts";

/** Longest prompt that is read from a pipe; what is longer than a prompt may be is refused by its length. */
const maxPipedBytes = 2 ** 20;

type Work = {
  readonly trajectory: Trajectory;
  readonly model: string;
  readonly signal: AbortSignal;
  readonly options: AnalyzeOptions;
};

/** Shows how sure a model is of an answer, measures a text, or calibrates the bars of the gate. */
export async function analyze(deps: CliDeps, options: AnalyzeOptions): Promise<number> {
  const task = chooseTask(options);
  if (task.type === "answer" && task.map) requireWritable([task.map.path]);
  const input = await readInput(deps, task, options);
  const config = await readConfig(deps, {
    ...options,
    flags: { logLevel: "error", ...options.flags, models: [options.model] },
  });
  const app = await deps.createApp(config);
  try {
    const { trajectory } = await app.judges();
    const model = app.models[0] ?? options.model;
    return await untilStopped(deps.io, (signal) =>
      perform(deps, task, input, { trajectory, model, signal, options }),
    );
  } finally {
    await app.stop(AbortSignal.abort());
  }
}

async function perform(deps: CliDeps, task: AnalyzeTask, input: string, work: Work): Promise<number> {
  switch (task.type) {
    case "answer":
      return await answer(deps, task, input, work);
    case "text":
      return await score(deps, task, input, work);
    case "calibrate":
      return await calibrate(deps, task, input, work);
    default:
      return task satisfies never;
  }
}

async function readInput({ io }: CliDeps, task: AnalyzeTask, { prompt }: AnalyzeOptions): Promise<string> {
  if (task.type !== "answer") return await readInputText(io, task.file);
  if (prompt !== "") return prompt;
  const piped = io.stdin.isTTY === true ? "" : await readAll(io.stdin, maxPipedBytes);
  if (piped === undefined) throw new UsageError(`the piped prompt is longer than ${maxPipedBytes} bytes`);
  if (piped.trim() !== "") return piped.trimEnd();
  throw new UsageError('there is nothing to answer; try: hearth analyze hearth-demo "Who are you?"');
}

type AnswerTask = Extract<AnalyzeTask, { type: "answer" }>;

async function answer(
  deps: CliDeps,
  { config, map }: AnswerTask,
  prompt: string,
  { trajectory, model, signal, options }: Work,
): Promise<number> {
  const analysis = await asUsage(trajectory.analyze({ model, prompt, config }, signal));
  const { gate = false, json = false } = options.given;
  deps.io.stdout.write(json ? `${toJsonText(toAnalysisBody(analysis), 2)}\n` : formatAnswer(deps, analysis));
  if (map) await writeReport(map.path, formatHeatMap(analysis, map.format), "name another file");
  const isHeld = gate && analysis.record.gate.status !== "passed";
  return isHeld ? exitCodes.failure : exitCodes.success;
}

function formatAnswer({ io, environment }: CliDeps, analysis: Analysis): string {
  const spans = toSpans(analysis.tokens);
  const shown = spans.length > 0 ? spans : [{ text: analysis.text, probability: 1, alternatives: [] }];
  const text = wantsColor(io.stdout, environment) ? paintAnswer(shown) : markAnswer(shown);
  return `${text}\n${formatAnalysis(analysis, spans)}`;
}

async function score(
  { io }: CliDeps,
  { windowTokens }: Extract<AnalyzeTask, { type: "text" }>,
  text: string,
  { trajectory, model, signal, options }: Work,
): Promise<number> {
  using line = createCountLine(io.stderr);
  const request = { model, text, ...(windowTokens !== undefined && { windowTokens }) };
  const scored = await asUsage(
    trajectory.scoreText(request, signal, ({ done, windows, perplexity }) =>
      line.show({
        ...{ done, total: windows },
        text: `window ${done} of ${windows}, perplexity ${perplexity.toFixed(2)}`,
      }),
    ),
  );
  line[Symbol.dispose]();
  const body = toTextScoreBody(scored);
  io.stdout.write(options.given.json ? `${toJsonText(body, 2)}\n` : formatScore(scored));
  return exitCodes.success;
}

async function calibrate(
  { io }: CliDeps,
  { file }: Extract<AnalyzeTask, { type: "calibrate" }>,
  text: string,
  { trajectory, model, signal, options }: Work,
): Promise<number> {
  using line = createCountLine(io.stderr);
  const work = async () => {
    const examples = readExamples(text, file);
    const total = examples.length;
    const onExample = (done: number) => line.show({ done, total, text: `answer ${done} of ${total}` });
    return await trajectory.calibrate({ model, examples, onExample }, signal);
  };
  const calibration = await asUsage(work());
  line[Symbol.dispose]();
  const body = toCalibrationBody(calibration);
  io.stdout.write(options.given.json ? `${toJsonText(body, 2)}\n` : formatCalibration(calibration));
  return exitCodes.success;
}

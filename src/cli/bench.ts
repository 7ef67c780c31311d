import { AppError, createId } from "../base/index.ts";
import type { GenerateRequest, ModelDescription, Timings, Usage } from "../contract/index.ts";
import { type ConfigFlags, readConfig } from "./config-flags.ts";
import type { CliApp, CliDeps } from "./deps.ts";
import { formatTable, visible } from "./table.ts";
import { exitCodes } from "./usage-error.ts";

const promptTokens = 512;
const shortPromptTokens = 16;
const answerTokens = 64;
const batchSizes = [1, 4, 8] as const;
/** Each figure is the median of these many runs, after one that does not count. */
const runsPerFigure = 3;
const msPerSecond = 1000;

export type BenchOptions = ConfigFlags & { readonly model: string; readonly json: boolean };

type Figure = { readonly test: string; readonly tokens: number; readonly tokensPerSecond: number };

/** Measures the real engine on random tokens: speed does not depend on what the words mean. */
export async function bench(deps: CliDeps, options: BenchOptions): Promise<number> {
  const flags = { logLevel: "error", ...options.flags, models: [options.model] };
  const config = await readConfig(deps, {
    ...options,
    flags: { ...flags, parallel: String(Math.max(...batchSizes)) },
  });
  const app = await deps.createApp(config);
  const interrupted = new AbortController();
  const release = deps.io.onSignal(() => interrupted.abort(new AppError("cancelled", "stopped")));
  try {
    const model = await app.engine.load(app.models[0] ?? "");
    const figures = await measure(app, model, interrupted.signal, (test) => {
      if (deps.io.stderr.isTTY) deps.io.stderr.write(`measuring ${test}\n`);
    });
    report(deps, model, figures, options);
    return exitCodes.success;
  } catch (error) {
    if (interrupted.signal.aborted) return exitCodes.interrupted;
    throw error;
  } finally {
    release();
    await app.stop(AbortSignal.abort());
  }
}

async function measure(
  app: CliApp,
  model: ModelDescription,
  signal: AbortSignal,
  onProgress: (test: string) => void,
): Promise<readonly Figure[]> {
  if (!model.capabilities.generate) {
    throw new AppError(
      "invalid_request",
      `${model.id} makes embeddings and no text; bench measures models that write`,
    );
  }
  const longest = model.contextTokens - 1;
  const prefillTokens = Math.min(promptTokens, longest);
  const decodeTokens = Math.min(answerTokens, longest - shortPromptTokens);
  const tests: readonly {
    readonly test: string;
    readonly tokens: number;
    readonly run: () => Promise<number>;
  }[] = [
    { test: "prefill", tokens: prefillTokens, run: () => measurePrefill(app, model, prefillTokens, signal) },
    ...batchSizes.map((batch) => ({
      test: `decode x${batch}`,
      tokens: batch * decodeTokens,
      run: () => measureDecode(app, model, { batch, tokens: decodeTokens }, signal),
    })),
  ];
  const figures: Figure[] = [];
  for (const { test, tokens, run } of tests) {
    onProgress(test);
    await run();
    const speeds: number[] = [];
    for (let index = 0; index < runsPerFigure; index += 1) speeds.push(await run());
    figures.push({ test, tokens, tokensPerSecond: median(speeds) });
  }
  return figures;
}

async function measurePrefill(
  app: CliApp,
  model: ModelDescription,
  tokens: number,
  signal: AbortSignal,
): Promise<number> {
  const { timings } = await complete(app, createRequest(model, { prompt: tokens, answer: 1 }), signal);
  return (tokens / timings.prefillMs) * msPerSecond;
}

/** From the moment every answer has begun until the last has ended. */
async function measureDecode(
  app: CliApp,
  model: ModelDescription,
  size: { readonly batch: number; readonly tokens: number },
  signal: AbortSignal,
): Promise<number> {
  const request = () => createRequest(model, { prompt: shortPromptTokens, answer: size.tokens });
  const answers = await Promise.all(
    Array.from({ length: size.batch }, () => complete(app, request(), signal)),
  );
  const decodeMs = Math.max(...answers.map(({ timings }) => timings.decodeMs));
  const decoded = answers.reduce((sum, { usage }) => sum + usage.completionTokens - 1, 0);
  return (decoded / decodeMs) * msPerSecond;
}

async function complete(
  app: CliApp,
  request: GenerateRequest,
  signal: AbortSignal,
): Promise<{ readonly usage: Usage; readonly timings: Timings }> {
  for await (const event of app.generate(request, signal)) if (event.type === "done") return event;
  throw new AppError("server_error", "the engine ended an answer without its timings");
}

function createRequest(
  model: ModelDescription,
  size: { readonly prompt: number; readonly answer: number },
): GenerateRequest {
  const tokens = Array.from({ length: size.prompt }, () => Math.floor(Math.random() * model.vocabularySize));
  return {
    id: createId("bench"),
    model: model.id,
    input: { type: "tokens", tokens },
    sampling: { ignoreEndOfSequence: true },
    maxTokens: size.answer,
    stop: [],
    choices: 1,
    entropy: false,
    promptLogprobs: false,
    priority: "interactive",
    tenant: "local",
    cachePrompt: false,
  };
}

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? 0;
}

function report(
  { io }: CliDeps,
  model: ModelDescription,
  figures: readonly Figure[],
  options: BenchOptions,
): void {
  if (options.json) {
    io.stdout.write(
      `${JSON.stringify({ model: model.id, description: model.description, figures }, undefined, 2)}\n`,
    );
    return;
  }
  const rows = figures.map(({ test, tokens, tokensPerSecond }) => [
    test,
    String(tokens),
    tokensPerSecond.toFixed(1),
  ]);
  io.stdout.write(
    `${visible(model.id)} (${visible(model.description)})\n${formatTable(["TEST", "TOKENS", "TOK/S"], rows)}`,
  );
}

import { AppError } from "../../base/index.ts";
import type { GenerateInput, Message, TokenLogprob } from "../../contract/index.ts";
import type { JudgeDeps } from "../deps.ts";
import { findModel, type ModelIdentity } from "../find-model.ts";
import { chooseBars, type MeasuredExample } from "./choose-bars.ts";
import { parseTrajectoryConfig, type TrajectoryConfig } from "./config.ts";
import type { Example } from "./examples.ts";
import { createObserver } from "./observe.ts";
import { forceTokens } from "./score-text.ts";
import { type CalibratedThresholds, chooseThresholds, type ThresholdStore } from "./thresholds.ts";

/** So that the same file gives the same bars. */
const usualSeed = 1;

export type CalibrationRequest = {
  readonly model?: string;
  readonly examples: readonly Example[];
  /** Of the split into the half that bars are chosen on and the one they are tested on. */
  readonly seed?: number;
  readonly onExample?: (done: number) => void;
};

export type Calibration = CalibratedThresholds & { readonly model: string };

type CalibrationDeps = JudgeDeps & { readonly store: ThresholdStore };

/**
 * Measures labelled answers with the model itself, chooses its bars and keeps them. Throws AppError invalid_request for
 * too few examples and for an answer that the model's template changes.
 */
export async function calibrate(
  deps: CalibrationDeps,
  { examples, seed = usualSeed, onExample, ...request }: CalibrationRequest,
  signal: AbortSignal,
): Promise<Calibration> {
  const model = await findModel(deps, request.model);
  const config = parseTrajectoryConfig({});
  const measured: MeasuredExample[] = [];
  for (const [index, example] of examples.entries()) {
    const place = `examples[${index}]`;
    measured.push({
      passed: example.pass,
      measures: "perplexity" in example ? toMeasures(example) : await force(place, example),
    });
    onExample?.(index + 1);
  }
  const chosen = chooseBars(measured, seed);
  const stored = await deps.store.save({ modelDigest: model.digest, ...chosen });
  return { ...stored, model: model.id };

  async function force(
    place: string,
    { prompt, ...texts }: Extract<Example, { text?: string }>,
  ): Promise<MeasuredExample["measures"]> {
    const answer = texts.answer ?? texts.text ?? "";
    const input = toInput(model, prompt, answer);
    const forced = { model: model.id, input, topLogprobs: config.topK };
    const tokens = await forceTokens(deps, forced, signal);
    return measureTokens(place, cutAnswer(place, tokens, answer), config);
  }
}

function toMeasures(example: Extract<Example, { perplexity: number }>): MeasuredExample["measures"] {
  return {
    perplexity: example.perplexity,
    entropy: example.entropy_statistic,
    surprise: example.surprise_rate,
  };
}

/** The answer at the end of what the model would have read when it wrote it. */
function toInput(model: ModelIdentity, prompt: string | undefined, answer: string): GenerateInput {
  if (prompt === undefined || !model.capabilities.chat) {
    return { type: "text", text: `${prompt ?? ""}${answer}` };
  }
  const messages: readonly Message[] = [
    { role: "user", content: prompt },
    { role: "assistant", content: answer },
  ];
  return {
    ...{ type: "chat", messages, tools: [], toolChoice: "none", parallelToolCalls: false },
    ...{ reasoning: { format: "inline" }, templateVariables: {} },
    ...{ continueFinalMessage: true, addGenerationPrompt: false },
  };
}

type ForcedToken = Awaited<ReturnType<typeof forceTokens>>[number];

/** The tokens at the end that the answer is made of. */
function cutAnswer(place: string, tokens: readonly ForcedToken[], answer: string): readonly ForcedToken[] {
  const prompt = Buffer.concat(tokens.map(({ bytes }) => bytes)).toString("utf8");
  const trailing = prompt.length - prompt.trimEnd().length;
  const length = Buffer.byteLength(answer.trim()) + trailing;
  if (!prompt.trimEnd().endsWith(answer.trim())) {
    throw new AppError(
      "invalid_request",
      `${place}: the model's chat template changes this answer, so its tokens cannot be told; give the answer as text without a prompt`,
      { details: { param: place } },
    );
  }
  let first = tokens.length;
  for (let bytes = 0; first > 0 && bytes < length; ) {
    first -= 1;
    bytes += tokens[first]?.bytes.length ?? 0;
  }
  return tokens.slice(first);
}

function measureTokens(
  place: string,
  tokens: readonly ForcedToken[],
  config: TrajectoryConfig,
): MeasuredExample["measures"] {
  const { topK, surpriseProbability } = config;
  const thresholds = chooseThresholds({}, undefined);
  const observer = createObserver({ topK, surpriseProbability, thresholds });
  for (const token of tokens) if (isScored(token)) observer.add(token);
  const { measured, gate } = observer.finish();
  if (measured) {
    const { perplexity, entropyStatistic: entropy, surpriseRate: surprise } = measured.canonical;
    return { perplexity, entropy, surprise };
  }
  const why = gate.status === "unavailable" ? gate.why : "nothing was measured";
  throw new AppError("invalid_request", `${place}: ${why}; give a longer answer`, {
    details: { param: place },
  });
}

function isScored(token: ForcedToken): token is TokenLogprob {
  return token.logprob !== undefined;
}

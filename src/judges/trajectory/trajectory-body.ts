/** The wire form of what was seen of an answer: canonical names at the top, those of the earlier system in `legacy`. */
import type { TokenAlternative, TokenLogprob } from "../../contract/index.ts";
import type { Analysis } from "./analysis.ts";
import { toConfigBody } from "./config.ts";
import type { Gate } from "./gate.ts";
import { type LegacyMeasures, legacyBars } from "./legacy.ts";
import { logitGapOf, type Measures, normalizedEntropyOf } from "./measures.ts";
import { leastLogprob, type TrajectoryRecord } from "./observe.ts";
import type { Bars, Thresholds } from "./thresholds.ts";

/** Changes with every change of what is computed, so that stored figures can be told from later ones. */
const definitionVersion = "trajectory-1";
const entropyNames = { perplexity: "perplexity", entropy: "entropy_statistic", surprise: "surprise_rate" };

/** Without tokens, for an answer that the reader has already. */
export function toTrajectoryBody({ tokens, measured, gate, thresholds }: TrajectoryRecord) {
  return {
    definition_version: definitionVersion,
    tokens,
    gate: toGateBody(gate),
    thresholds: toThresholdBody(thresholds),
    ...(measured && { ...toMeasureBody(measured.canonical), legacy: toLegacyBody(measured.legacy) }),
  };
}

/** The whole record of an analysis. */
export function toAnalysisBody(analysis: Analysis) {
  const { config, tokens, record } = analysis;
  const { legacy, ...canonical } = toTrajectoryBody(record);
  return {
    object: "trajectory",
    model_name: analysis.model,
    model_digest: analysis.modelDigest,
    ...(typeof analysis.prompt === "string" ? { prompt: analysis.prompt } : { messages: analysis.prompt }),
    generated_text: analysis.text,
    finish_reason: analysis.finishReason,
    generation_steps: analysis.generatedTokens,
    timestamp: new Date(analysis.atMs).toISOString(),
    duration_ms: Number(analysis.durationMs.toFixed(3)),
    cached: analysis.isCached,
    config: toConfigBody(config),
    ...canonical,
    ...(record.measured && {
      metrics: tokens.map((token) => toTokenBody(token, config.topK)),
      legacy: {
        ...legacy,
        generation_steps: analysis.generatedTokens,
        metrics: record.measured.legacy.steps.map((step) => ({
          perplexity: orNull(step.perplexity),
          top_k_entropy: step.topKEntropy,
          logit_gap: step.logitGap,
          cumulative_surprise: step.cumulativeSurprise,
        })),
      },
    }),
  };
}

function toMeasureBody(measures: Measures) {
  const { vocabularyEntropy } = measures;
  return {
    perplexity: orNull(measures.perplexity),
    normalized_entropy: measures.normalizedEntropy,
    entropy_statistic: measures.entropyStatistic,
    surprise_rate: measures.surpriseRate,
    surprising_tokens: measures.surprisingTokens,
    logit_gap: measures.logitGap,
    ...(vocabularyEntropy && { vocabulary_entropy: vocabularyEntropy }),
  };
}

function toGateBody(gate: Gate) {
  switch (gate.status) {
    case "passed":
      return { status: gate.status, advisory: gate.isAdvisory };
    case "failed": {
      const reasons = gate.reasons.map(({ measure, observed, threshold }) => ({
        ...{ measure: entropyNames[measure], observed: orNull(observed), threshold },
      }));
      return { status: gate.status, advisory: gate.isAdvisory, reasons };
    }
    case "unavailable":
      return { status: gate.status, why: gate.why };
    default:
      return gate satisfies never;
  }
}

function toThresholdBody({ bars, sources }: Thresholds) {
  return {
    ...toThresholdValues(bars),
    sources: {
      perplexity_threshold: sources.perplexity,
      entropy_threshold: sources.entropy,
      surprise_threshold: sources.surprise,
    },
  };
}

/** null: that measure does not gate. */
export function toThresholdValues(bars: Partial<Bars>) {
  return {
    perplexity_threshold: bars.perplexity ?? null,
    entropy_threshold: bars.entropy ?? null,
    surprise_threshold: bars.surprise ?? null,
  };
}

function toLegacyBody(legacy: LegacyMeasures) {
  return {
    avg_perplexity: legacy.avgPerplexity ?? null,
    max_perplexity: legacy.maxPerplexity ?? null,
    avg_entropy: legacy.avgEntropy,
    max_entropy: legacy.maxEntropy,
    final_surprise: legacy.finalSurprise,
    passed_quality_check: legacy.passedQualityCheck,
    perplexity_threshold: legacyBars.perplexity,
    entropy_threshold: legacyBars.entropy,
    surprise_threshold: legacyBars.surprise,
  };
}

function toTokenBody(token: TokenLogprob, topK: number) {
  return {
    ...toAlternativeBody(token),
    normalized_entropy: normalizedEntropyOf(token.top, topK),
    logit_gap: logitGapOf(token.top),
    ...(token.entropy !== undefined && { entropy: token.entropy }),
    top: token.top.map(toAlternativeBody),
  };
}

/** Half a character has no text of its own, so the bytes stand beside it. */
function toAlternativeBody({ token, bytes, logprob }: TokenAlternative) {
  return {
    ...{ id: token, token: Buffer.from(bytes).toString("utf8"), bytes: [...bytes] },
    ...{ logprob: Math.max(leastLogprob, logprob), probability: Math.exp(logprob) },
  };
}

/** JSON has no Infinity. */
function orNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

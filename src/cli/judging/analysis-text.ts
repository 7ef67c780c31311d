/** What a person reads of an analysis below the answer. What the model said is kept from steering the terminal. */
import type { Analysis, Calibration, Gate, TextScore } from "../../judges/index.ts";
import { formatTable, oneLine } from "../table.ts";
import { formatPercent } from "./confidence.ts";
import { formatFigure } from "./figures.ts";
import type { TokenSpan } from "./token-spans.ts";

/** Least likely tokens that are listed. */
const shownSpans = 5;
const shownAlternatives = 3;
const measureNames = { perplexity: "perplexity", entropy: "entropy", surprise: "surprise rate" } as const;

type Measured = NonNullable<Analysis["record"]["measured"]>["canonical"];

export function formatAnalysis(analysis: Analysis, spans: readonly TokenSpan[]): string {
  const { record, generatedTokens, isCached, model } = analysis;
  const tokens = `${generatedTokens} tokens by ${oneLine(model)}${isCached ? ", of an earlier run" : ""}`;
  const { measured, gate } = record;
  if (!measured) return `${tokens}\n${formatGate(gate)}`;
  return [
    `${tokens}\n\n`,
    formatMeasures(measured.canonical, analysis),
    formatLeastLikely(spans),
    `\n${formatGate(gate)}`,
  ].join("");
}

function formatMeasures(measures: Measured, { record }: Analysis): string {
  const { bars } = record.thresholds;
  const gated = [
    ["perplexity", measures.perplexity, bars.perplexity],
    ["entropy of the likeliest", measures.entropyStatistic, bars.entropy],
    ["surprise, nats a token", measures.surpriseRate, bars.surprise],
  ] as const;
  const plain = [
    ["mean entropy of the likeliest", measures.normalizedEntropy.mean],
    ["mean entropy of the vocabulary", measures.vocabularyEntropy?.mean],
    ["mean lead of the likeliest", measures.logitGap.mean],
    ["least lead of the likeliest", measures.logitGap.min],
  ] as const;
  return formatTable(
    ["MEASURE", "VALUE", "HAS TO BE BELOW"],
    [
      ...gated.map(([name, value, bar]) => [name, formatFigure(value), formatFigure(bar)]),
      ...plain.map(([name, value]) => [name, formatFigure(value), ""]),
    ],
  );
}

function formatLeastLikely(spans: readonly TokenSpan[]): string {
  const least = spans
    .toSorted((left, right) => left.probability - right.probability)
    .slice(0, shownSpans)
    .map(({ text, probability, alternatives }) => [
      quote(text),
      formatPercent(probability),
      alternatives
        .filter((alternative) => alternative.text !== text)
        .slice(0, shownAlternatives)
        .map((alternative) => `${quote(alternative.text)} ${formatPercent(alternative.probability)}`)
        .join(", "),
    ]);
  return `\n${formatTable(["LEAST LIKELY", "CHANCE", "IN ITS PLACE"], least)}`;
}

function formatGate(gate: Gate): string {
  switch (gate.status) {
    case "unavailable":
      return `gate: unavailable, ${gate.why}\n`;
    case "passed":
      return `gate: passed${formatAdvice(gate.isAdvisory)}\n`;
    case "failed": {
      const reasons = gate.reasons.map(
        ({ measure, observed, threshold }) =>
          `${measureNames[measure]} ${formatFigure(observed)} is not below ${formatFigure(threshold)}`,
      );
      return `gate: failed, ${reasons.join("; ")}${formatAdvice(gate.isAdvisory)}\n`;
    }
    default:
      return gate satisfies never;
  }
}

function formatAdvice(isAdvisory: boolean): string {
  return isAdvisory ? " (advice only: --calibrate sets the bars of this model)" : "";
}

export function formatScore(score: TextScore): string {
  const { model, perplexity, standardError, scoredTokens, textTokens, windows, windowTokens } = score;
  const error = standardError === undefined ? "" : ` ± ${formatFigure(standardError)}`;
  const counted = score.isShort
    ? `a short text, scored as a whole: ${scoredTokens} of ${textTokens} tokens`
    : `${scoredTokens} of ${textTokens} tokens, in ${windows} windows of ${windowTokens}`;
  return `perplexity ${formatFigure(perplexity)}${error}\n${oneLine(model)}, ${counted}\n`;
}

export function formatCalibration({ model, report }: Calibration): string {
  const rows = report.bars.map(({ measure, threshold, youden, auc }) => [
    ...[measureNames[measure], formatFigure(threshold), formatFigure(youden)],
    ...[formatFigure(auc.train), formatFigure(auc.heldOut)],
  ]);
  const accuracies = [report.train, report.heldOut].map(({ examples, accuracy, precision, recall }, i) => [
    ...[i === 0 ? "chosen on" : "held out", String(examples)],
    ...[formatFigure(accuracy), formatFigure(precision), formatFigure(recall)],
  ]);
  return [
    `bars of ${oneLine(model)}, by ${report.passed} answers that pass and ${report.failed} that fail\n\n`,
    formatTable(["MEASURE", "BAR", "YOUDEN J", "AUC", "AUC HELD OUT"], rows),
    "\n",
    formatTable(["EXAMPLES", "COUNT", "ACCURACY", "PRECISION", "RECALL"], accuracies),
    ...(report.bars.some(({ threshold }) => threshold === undefined)
      ? ["\nA measure with no bar does not tell these answers apart and gates nothing.\n"]
      : []),
  ].join("");
}

function quote(text: string): string {
  return JSON.stringify(oneLine(text));
}

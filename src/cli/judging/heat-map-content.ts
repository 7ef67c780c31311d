import type { Analysis } from "../../judges/index.ts";
import { visible } from "../table.ts";
import { formatPercent } from "./confidence.ts";
import { formatFigure } from "./figures.ts";
import { type TokenSpan, toSpans } from "./token-spans.ts";

/** What a heat map shows; every text in it is escaped when it is written. */
export type HeatMap = {
  readonly title: string;
  readonly prompt: string;
  readonly spans: readonly TokenSpan[];
  /** Name and value, as they are shown. */
  readonly figures: readonly (readonly [string, string])[];
};

export function toHeatMap({ model, prompt, tokens, generatedTokens, record }: Analysis): HeatMap {
  const { measured, gate } = record;
  const figures = measured && [
    ["perplexity", formatFigure(measured.canonical.perplexity)] as const,
    ["entropy of the likeliest", formatFigure(measured.canonical.entropyStatistic)] as const,
    ["surprise, nats a token", formatFigure(measured.canonical.surpriseRate)] as const,
  ];
  const advice = gate.status !== "unavailable" && gate.isAdvisory ? ", advice only" : "";
  return {
    title: `How sure ${model} is`,
    prompt: typeof prompt === "string" ? prompt : prompt.map(({ content }) => content).join("\n"),
    spans: toSpans(tokens),
    figures: [["tokens", String(generatedTokens)], ...(figures ?? []), ["gate", `${gate.status}${advice}`]],
  };
}

/** What stands beside a token: its chance, and what else could have stood there. */
export function describeSpan({ text, probability, alternatives }: TokenSpan): string {
  const others = alternatives
    .filter((alternative) => alternative.text !== text)
    .map((alternative) => `${JSON.stringify(alternative.text)} ${formatPercent(alternative.probability)}`);
  return [`${JSON.stringify(text)} ${formatPercent(probability)}`, ...others].join("\n");
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text of a model or a person as text of HTML and XML, neither of which takes control characters. */
export function escapeMarkup(text: string): string {
  return visible(text)
    .replace(/[\ufffe\uffff]/g, "\ufffd")
    .replace(/[&<>"']/g, (character) => entities[character] ?? character);
}

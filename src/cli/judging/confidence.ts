/** Steps of confidence that answers are shown in: on a terminal, in a heat map and in the legend of both. */
export type ConfidenceStep = {
  /** Tokens of this probability or more belong to the step, if they are below that of the one before. */
  readonly atLeast: number;
  readonly label: string;
  /** Of the 256-colour palette, under black text; absent: as the terminal is. */
  readonly background?: number;
  /** The same as RGB, for heat maps. */
  readonly fill?: string;
  /** The least likely are told by more than a colour. */
  readonly isUnderlined: boolean;
};

const leastLikely: ConfidenceStep = {
  ...{ atLeast: 0, label: "below 10 %", background: 209, fill: "#ff875f", isUnderlined: true },
};

/** From sure to unsure; the colours differ in lightness too, for those who see hues alike. */
export const confidenceSteps: readonly ConfidenceStep[] = [
  { atLeast: 0.9, label: "90 % and more", isUnderlined: false },
  { atLeast: 0.5, label: "50 to 90 %", background: 230, fill: "#ffffd7", isUnderlined: false },
  { atLeast: 0.25, label: "25 to 50 %", background: 228, fill: "#ffff87", isUnderlined: false },
  { atLeast: 0.1, label: "10 to 25 %", background: 221, fill: "#ffd75f", isUnderlined: false },
  leastLikely,
];

export function stepOf(probability: number): ConfidenceStep {
  return confidenceSteps.find(({ atLeast }) => probability >= atLeast) ?? leastLikely;
}

/** 0.1234 as `12 %`, 0.001 as `0.1 %`. */
export function formatPercent(probability: number): string {
  const percent = probability * 100;
  if (percent > 0 && percent < 0.1) return "<0.1 %";
  return `${percent < 1 && percent > 0 ? percent.toFixed(1) : Math.round(percent)} %`;
}

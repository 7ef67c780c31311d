import { AppError } from "../../base/index.ts";

/** How sure the model was of an answer, and whether that answer was right. */
export type WeighedExample = { readonly confidence: number; readonly ok: boolean };

/** What a bar would do: answers below it go to the larger model. */
export type CurvePoint = {
  /** From 0 to 1. */
  readonly bar: number;
  /** Share of requests that leave. */
  readonly remoteShare: number;
  /** Share of right answers among those that stay; absent where none stays. */
  readonly localQuality?: number;
  /** Share of right answers over all, where a remote one is right with `remoteQuality`. */
  readonly quality: number;
};

export type BarTarget = { readonly share: number } | { readonly quality: number };

/** Fewer say too little of the requests to come. */
export const leastExamples = 20;

/**
 * Every bar that changes anything, rising: a higher one sends more away, where a higher threshold of RouteLLM (Ong et al.
 * 2024), on how likely the larger model is to win, sends less. Quality is that of these examples, not of others. By hand:
 * confidences 0.2 wrong, 0.6 right, 0.8 right and the bar 0.4 send 1/3 away, all that stays is right.
 */
export function drawCurve(
  examples: readonly WeighedExample[],
  { remoteQuality }: { readonly remoteQuality: number },
): readonly CurvePoint[] {
  const sorted = examples.toSorted((left, right) => left.confidence - right.confidence);
  const total = sorted.length;
  let rightStaying = sorted.filter(({ ok }) => ok).length;
  const points: CurvePoint[] = [];
  for (let leaving = 0; leaving <= total; leaving++) {
    const before = sorted[leaving - 1];
    const next = sorted[leaving];
    if (before?.ok) rightStaying -= 1;
    const bar = findBarBetween(before?.confidence, next?.confidence);
    if (bar === undefined) continue;
    const staying = total - leaving;
    points.push({
      ...{ bar, remoteShare: leaving / total },
      ...(staying > 0 && { localQuality: rightStaying / staying }),
      quality: (rightStaying + leaving * remoteQuality) / total,
    });
  }
  return points;
}

/** Nothing lies between equals, and no confidence is above 1: behind the last one is a bar that nothing reaches. */
function findBarBetween(before: number | undefined, next: number | undefined): number | undefined {
  if (before === undefined) return 0;
  if (next === undefined) return justAboveOne;
  const middle = (before + next) / 2;
  return middle > before && middle <= next ? middle : undefined;
}

const justAboveOne = 1 + Number.EPSILON;

/**
 * The point of the curve for a wanted share or quality: the most that may leave within the share, or the fewest that
 * have to for the quality. Throws AppError invalid_request for a quality that no bar reaches.
 */
export function choosePoint(curve: readonly CurvePoint[], target: BarTarget): CurvePoint {
  if ("share" in target) {
    const within = curve.filter(({ remoteShare }) => remoteShare <= target.share);
    const [first] = curve;
    const chosen = within.at(-1) ?? first;
    if (chosen) return chosen;
  } else {
    const chosen = curve.find(({ quality }) => quality >= target.quality);
    if (chosen) return chosen;
  }
  const best = Math.max(0, ...curve.map(({ quality }) => quality));
  throw new AppError(
    "invalid_request",
    `quality: no bar reaches it; the best of these examples is ${best.toFixed(3)}`,
    { details: { param: "quality", best } },
  );
}

/**
 * Probability that a right answer was given with more confidence than a wrong one, ties half (Mann-Whitney); 0.5 says
 * that confidence tells nothing. Undefined where all are right or all are wrong.
 */
export function separation(examples: readonly WeighedExample[]): number | undefined {
  const sorted = examples.toSorted((left, right) => left.confidence - right.confidence);
  const right = examples.filter(({ ok }) => ok).length;
  const wrong = examples.length - right;
  if (right === 0 || wrong === 0) return undefined;
  let wins = 0;
  let wrongBelow = 0;
  for (let start = 0; start < sorted.length; ) {
    const value = sorted[start]?.confidence;
    let end = start;
    while (end < sorted.length && sorted[end]?.confidence === value) end += 1;
    const tied = sorted.slice(start, end);
    const tiedWrong = tied.filter(({ ok }) => !ok).length;
    wins += (tied.length - tiedWrong) * (wrongBelow + tiedWrong / 2);
    wrongBelow += tiedWrong;
    start = end;
  }
  return wins / (right * wrong);
}

/** Throws AppError invalid_request for too few of them. */
export function checkExamples(examples: readonly WeighedExample[]): void {
  if (examples.length >= leastExamples) return;
  throw new AppError(
    "invalid_request",
    `examples: there are ${examples.length}; a bar needs at least ${leastExamples}`,
    { details: { param: "examples", given: examples.length, needed: leastExamples } },
  );
}

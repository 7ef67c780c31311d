/** Steps of halving: the bound is found to 2^-50. */
const steps = 50;

/** An interval of a share, from 0 to 1. */
export type ShareInterval = { readonly low: number; readonly high: number };

/**
 * The largest share of which `wrong` or fewer in `total` still come up with probability 1 − level: the exact one-sided
 * bound of Clopper and Pearson (1934). 0 of 299 at 0.95 is 0.00997; 1 where nothing was counted.
 */
export function upperBound(wrong: number, total: number, level: number): number {
  if (wrong >= total) return 1;
  return bisect((share) => atMost(wrong, total, share) > 1 - level);
}

/** The same from below; 0 where nothing was counted. */
export function lowerBound(wrong: number, total: number, level: number): number {
  if (wrong <= 0) return 0;
  return bisect((share) => 1 - atMost(wrong - 1, total, share) < 1 - level);
}

/** Both sides of it: the true share is within in `level` of all cases or more. */
export function shareInterval(wrong: number, total: number, level = 0.95): ShareInterval {
  const side = 1 - (1 - level) / 2;
  return { low: lowerBound(wrong, total, side), high: upperBound(wrong, total, side) };
}

/** The share at which the condition, true below, turns false. */
function bisect(isBelow: (share: number) => boolean): number {
  let [low, high] = [0, 1];
  for (let step = 0; step < steps; step++) {
    const middle = (low + high) / 2;
    if (isBelow(middle)) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Probability of `wrong` or fewer of `total` where each is wrong with probability `share`, 0 < share < 1. */
function atMost(wrong: number, total: number, share: number): number {
  const odds = Math.log(share) - Math.log1p(-share);
  let term = total * Math.log1p(-share);
  let sum = Math.exp(term);
  for (let count = 1; count <= wrong; count++) {
    term += odds + Math.log((total - count + 1) / count);
    sum += Math.exp(term);
  }
  return Math.min(1, sum);
}

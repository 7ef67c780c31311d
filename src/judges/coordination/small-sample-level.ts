/** The normal quantile of 0.975, for 95 %. */
const z = 1.959964;
const level = 0.95;

/**
 * A percentile bootstrap of few units is too narrow: at 5 it holds the true value in about 83 % of cases instead of 95.
 * `inner` is the level to resample at so that `outer` is reached: Hesterberg 2015 (arXiv 1411.5279), the expanded
 * percentile interval. `units` of at least 5.
 */
export function smallSampleLevel(units: number): { readonly inner: number; readonly outer: number } {
  const tail = normalTail(Math.sqrt(units / (units - 1)) * studentQuantile(units - 1));
  return { inner: 1 - 2 * tail, outer: level };
}

/** Of 0.975, within 0.3 % from 4 degrees of freedom on: Cornish and Fisher's expansion (Abramowitz and Stegun 26.7.5). */
function studentQuantile(freedom: number): number {
  const terms = [
    (z ** 3 + z) / 4,
    (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96,
    (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384,
    (79 * z ** 9 + 776 * z ** 7 + 1482 * z ** 5 - 1920 * z ** 3 - 945 * z) / 92_160,
  ];
  return terms.reduce((sum, term, index) => sum + term / freedom ** (index + 1), z);
}

/** Share of a normal distribution above x ≥ 0, within 1e-7: Abramowitz and Stegun 26.2.17. */
function normalTail(x: number): number {
  const t = 1 / (1 + 0.2316419 * x);
  const sum =
    t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return (Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI)) * sum;
}

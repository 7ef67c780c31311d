/** A number that was measured, or why none could be: a failure is never recorded as a number. */
export type Score =
  | { readonly scored: true; readonly value: number }
  | { readonly scored: false; readonly reason: string };

export function scored(value: number): Score {
  return { scored: true, value };
}

export function unscored(reason: string): Score {
  return { scored: false, reason };
}

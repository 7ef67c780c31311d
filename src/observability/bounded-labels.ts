/** Stands for every value that came after the label was full. */
export const otherLabel = "other";

/** Lets the first `most` distinct values pass: what plugins and peers name must not grow the metrics without end. */
export function createBoundedLabel(most: number): (value: string) => string {
  const known = new Set<string>();
  return (value) => {
    if (known.size < most) known.add(value);
    return known.has(value) ? value : otherLabel;
  };
}

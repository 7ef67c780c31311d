/** The inner product, over the numbers that both vectors have. */
export function dot(left: Float32Array, right: Float32Array): number {
  const length = Math.min(left.length, right.length);
  // Four sums at a time: each waits for its own last addition alone.
  let [a, b, c, d] = [0, 0, 0, 0];
  let index = 0;
  for (; index + 3 < length; index += 4) {
    a += (left[index] as number) * (right[index] as number);
    b += (left[index + 1] as number) * (right[index + 1] as number);
    c += (left[index + 2] as number) * (right[index + 2] as number);
    d += (left[index + 3] as number) * (right[index + 3] as number);
  }
  for (; index < length; index++) a += (left[index] as number) * (right[index] as number);
  return a + b + c + d;
}

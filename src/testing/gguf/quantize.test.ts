import { describe, expect, test } from "bun:test";
import { dequantize, quantize, type TensorType, tensorBytes } from "./quantize.ts";

/** Largest error of a block's weights, as a part of its largest magnitude: half a step, and the rounding of the scale. */
const errorBounds: Readonly<Record<TensorType, number>> = {
  F32: 0,
  F16: 2 ** -11,
  Q8_0: 0.5 / 127 + 2 ** -11,
  // The code 16 does not exist: the end of the range opposite to the extreme is off by up to a whole step.
  Q4_0: 1 / 8 + 2 ** -11,
};

describe("quantize", () => {
  for (const type of ["F32", "F16", "Q8_0", "Q4_0"] as const) {
    test(`${type} keeps every weight within its error bound`, () => {
      const weights = Float32Array.from(
        { length: 4096 },
        (_, index) => Math.sin(index * index) * 10 ** ((index >> 5) % 5),
      );
      const restored = dequantize(type, quantize(type, weights));
      for (let first = 0; first < weights.length; first += 32) {
        const block = weights.subarray(first, first + 32);
        const largest = Math.max(...block.map(Math.abs));
        const errors = block.map((weight, index) =>
          Math.abs(weight - (restored[first + index] ?? Number.NaN)),
        );
        expect(Math.max(...errors)).toBeLessThanOrEqual(largest * errorBounds[type]);
      }
    });
  }

  test("Q4_0 of a hand-computed block matches ggml's layout of halves", () => {
    const weights = new Float32Array(32);
    weights[0] = -8;
    weights[1] = 7;
    weights[16] = 3;
    const bytes = quantize("Q4_0", weights);
    expect([...bytes.subarray(0, 5)]).toEqual([0x00, 0x3c, 0xb0, 0x8f, 0x88]);
  });

  test("a block of zeros stays zero", () => {
    for (const type of ["Q8_0", "Q4_0"] as const) {
      expect(dequantize(type, quantize(type, new Float32Array(32))).every((weight) => weight === 0)).toBe(
        true,
      );
    }
  });

  test("weights that do not fill a block are refused", () => {
    expect(() => tensorBytes("Q8_0", 33)).toThrow("do not fill whole Q8_0 blocks");
  });
});

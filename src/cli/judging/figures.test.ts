import { expect, test } from "bun:test";
import { formatFigure } from "./figures.ts";

test.each([
  [0.00449, "0.004"],
  [1.6487, "1.649"],
  [99.9994, "99.999"],
  [123.456, "123.5"],
  [26_583.589, "26584"],
  [Number.POSITIVE_INFINITY, "endless"],
  [undefined, "-"],
])("%p is shown as %p", (value, text) => {
  expect(formatFigure(value)).toBe(text);
});

import { expect, test } from "bun:test";
import { createCountLine } from "./count-line.ts";

function tell(counts: readonly (readonly [done: number, total: number])[]): string {
  const written: string[] = [];
  using line = createCountLine({ write: (text) => written.push(text) });
  for (const [done, total] of counts) line.show({ done, total, text: `${done} of ${total}` });
  return written.join("");
}

test("in a log each tenth of the work has a line, however large the steps are", () => {
  expect(
    tell([
      [64, 400],
      [128, 400],
      [130, 400],
      [192, 400],
      [256, 400],
      [320, 400],
      [384, 400],
      [400, 400],
    ]),
  ).toBe("64 of 400\n128 of 400\n192 of 400\n256 of 400\n320 of 400\n384 of 400\n400 of 400\n");
});

test("a step of the work that begins anew is told from its own beginning", () => {
  expect(
    tell([
      [10, 10],
      [1, 10],
      [2, 10],
    ]),
  ).toBe("10 of 10\n1 of 10\n2 of 10\n");
  expect(tell([[9, 9]])).toBe("");
});

import { expect, test } from "bun:test";
import fc from "fast-check";
import { AppError } from "../../base/index.ts";
import { parseKeepAlive } from "./keep-alive.ts";

const forever = Number.POSITIVE_INFINITY;

const accepted: readonly (readonly [unknown, number | undefined])[] = [
  [undefined, undefined],
  [null, undefined],
  [0, 0],
  [-0, 0],
  [300, 300_000],
  [0.5, 500],
  [-1, forever],
  [-0.001, forever],
  [1e300, forever],
  ["0", 0],
  ["-1", forever],
  ["300", 300_000],
  ["5m", 300_000],
  ["1h30m", 5_400_000],
  ["300ms", 300],
  ["1.5h", 5_400_000],
  [".5s", 500],
  ["1.s", 1000],
  ["+10s", 10_000],
  ["-5m", forever],
  ["-0s", 0],
  ["24h", 86_400_000],
  ["1000us", 1],
  ["1000\u00b5s", 1],
  ["1000\u03bcs", 1],
  ["1000000ns", 1],
  ["9999999999h", forever],
];

for (const [value, expected] of accepted) {
  test(`keep_alive ${JSON.stringify(value)} is ${expected} ms`, () => {
    const parsedMs = parseKeepAlive(value);
    if (expected === undefined || expected === forever) expect(parsedMs).toBe(expected);
    else expect(parsedMs).toBeCloseTo(expected, 6);
  });
}

const refused: readonly unknown[] = [
  ...["", " ", "m", ".", "s5", "5 m", "5m ", "5M", "5d", "1h30", "--5m", "1e3s", "5m-3s", "Infinity", "0x10"],
  ...[true, {}, [], ["5m"], Number.NaN, "9".repeat(65), "1s".repeat(40)],
];

for (const value of refused) {
  test(`keep_alive ${JSON.stringify(value).slice(0, 40)} is refused by name`, () => {
    const parse = () => parseKeepAlive(value);
    expect(parse).toThrow(AppError);
    expect(parse).toThrow(/^keep_alive .+ is no duration/);
  });
}

test("a refusal of a long value shows its beginning only", () => {
  expect(() => parseKeepAlive("x".repeat(100_000))).toThrow(/^.{1,400}$/);
});

test("any duration that Go would print is read as the sum of its parts", () => {
  const part = (max: number) => fc.nat({ max });
  fc.assert(
    fc.property(part(10_000), part(59), part(59), part(999), (hours, minutes, seconds, milliseconds) => {
      const text = `${hours}h${minutes}m${seconds}s${milliseconds}ms`;
      expect(parseKeepAlive(text)).toBe(((hours * 60 + minutes) * 60 + seconds) * 1000 + milliseconds);
    }),
  );
});

test("any text ends at once, as a time of at least 0 or an AppError", () => {
  const unit = fc.constantFrom(..."0123456789.+-hmsnu\u00b5 e");
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.string({ unit, maxLength: 80 })), (text) => {
      try {
        expect(parseKeepAlive(text)).toBeGreaterThanOrEqual(0);
      } catch (error) {
        expect(error).toBeInstanceOf(AppError);
      }
    }),
    { numRuns: 2000 },
  );
});

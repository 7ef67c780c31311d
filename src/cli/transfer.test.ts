import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { createRateMeter, formatBar, formatTransfer, percentOf } from "./transfer.ts";

const mib = 2 ** 20;
const transfer = {
  label: "pulling 3bad22d69517",
  total: 100 * mib,
  completed: 25 * mib,
  bytesPerSecond: 5 * mib,
};

describe("a bar", () => {
  test("shows share, sizes, rate and time left", () => {
    expect(formatBar(transfer, 100)).toBe(
      `pulling 3bad22d69517  ${"█".repeat(7)}${"░".repeat(21)}   25 %   25.0 MiB of 100 MiB   5.0 MiB/s      15s`,
    );
  });

  test("gives its room to the figures where there is little, and loses those that matter least", () => {
    expect(formatBar(transfer, 66)).toBe("pulling 3bad22d69517   25 %   25.0 MiB of 100 MiB   5.0 MiB/s");
    expect(formatBar(transfer, 30)).toBe("pulling 3bad22d69517   25 %");
  });

  test("of a file that is complete has no rate", () => {
    expect(formatBar({ ...transfer, completed: transfer.total }, 80)).toEndWith("█  100 %  100 MiB");
  });

  test("never has more columns than it was given, nor a control character", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary", maxLength: 60 }),
        fc.nat(2 ** 40),
        fc.nat(2 ** 40),
        fc.nat(2 ** 33),
        fc.integer({ min: 1, max: 200 }),
        (label, total, completed, bytesPerSecond, columns) => {
          const bar = formatBar({ label, total, completed, bytesPerSecond }, columns);
          expect(Bun.stringWidth(bar)).toBeLessThanOrEqual(columns);
          // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there.
          expect(bar).not.toMatch(/[\x00-\x1f\x7f-\x9f]/);
        },
      ),
    );
  });
});

test("a line for a log has no bar and leaves out what is not known", () => {
  expect(formatTransfer(transfer)).toBe("pulling 3bad22d69517: 25 % of 100 MiB, 5.0 MiB/s, 15s left");
  expect(formatTransfer({ ...transfer, bytesPerSecond: 0 })).toBe("pulling 3bad22d69517: 25 % of 100 MiB");
  expect(formatTransfer({ ...transfer, completed: transfer.total })).toBe(
    "pulling 3bad22d69517: 100 MiB, complete",
  );
});

test("only what is complete has 100 per cent", () => {
  expect([0, 999, 1000, 1001].map((completed) => percentOf({ completed, total: 1000 }))).toEqual([
    0, 99, 100, 100,
  ]);
  expect(percentOf({ completed: 0, total: 0 })).toBe(100);
});

describe("a rate", () => {
  test("counts from where a resumed file began, not from its start", () => {
    const meter = createRateMeter();
    meter.note(900 * mib, 0);
    expect(meter.bytesPerSecond(0)).toBe(0);
    meter.note(910 * mib, 1_000);
    expect(meter.bytesPerSecond(1_000)).toBe(10 * mib);
  });

  test("is that of the last seconds", () => {
    const meter = createRateMeter();
    for (let second = 0; second <= 10; second += 1) meter.note(second * mib, second * 1_000);
    for (let second = 1; second <= 10; second += 1)
      meter.note((10 + 5 * second) * mib, (10 + second) * 1_000);
    expect(meter.bytesPerSecond(20_000)).toBe(5 * mib);
  });

  test("goes down while nothing comes", () => {
    const meter = createRateMeter();
    meter.note(0, 0);
    meter.note(10 * mib, 1_000);
    expect(meter.bytesPerSecond(10_000)).toBeLessThan(2 * mib);
  });
});

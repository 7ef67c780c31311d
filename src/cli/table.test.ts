import { expect, test } from "bun:test";
import { formatBytes, formatCount, formatTable, visible } from "./table.ts";

test("columns are aligned, numbers to the right", () => {
  expect(
    formatTable(
      ["NAME", "N"],
      [
        ["a", "1"],
        ["long", "200"],
      ],
    ),
  ).toBe("NAME    N\na       1\nlong  200\n");
});

test("sizes and counts are short", () => {
  expect([0, 1023, 1024, 4_704_192, 2 ** 40].map(formatBytes)).toEqual([
    "0 B",
    "1023 B",
    "1.0 KiB",
    "4.5 MiB",
    "1.0 TiB",
  ]);
  expect([999, 292_800, 4_328_704, 7e9].map(formatCount)).toEqual(["999", "293 K", "4.3 M", "7.0 B"]);
});

test("control characters become visible, line breaks and tabs stay", () => {
  expect(visible("a\x1b[2J\tb\nc\r")).toBe("a�[2J\tb\nc�");
});

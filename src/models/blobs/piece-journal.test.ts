import { expect, test } from "bun:test";
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { createTemporaryFolder } from "../../testing/index.ts";
import { openJournal } from "./piece-journal.ts";

test("what was noted is there when it is opened again, without anything else having been called", () => {
  using folder = createTemporaryFolder();
  const journal = openJournal(folder.file("j"), 100, "boot");
  journal.note([0, 10]);
  journal.note([10, 20]);
  journal.note([50, 60]);
  expect(openJournal(folder.file("j"), 100, "boot").pieces).toEqual([
    [0, 20],
    [50, 60],
  ]);
  journal.close();
});

test("a journal of another boot is not believed", () => {
  using folder = createTemporaryFolder();
  const journal = openJournal(folder.file("j"), 100, "one");
  journal.note([0, 10]);
  journal.close();
  expect(openJournal(folder.file("j"), 100, "two").pieces).toEqual([]);
});

test("a last line that was cut off, and lines that are no range of the file, are passed over", () => {
  using folder = createTemporaryFolder();
  const journal = openJournal(folder.file("j"), 100, "boot");
  journal.note([0, 10]);
  journal.close();
  appendFileSync(folder.file("j"), "20 10\n90 101\n-1 5\nx\n30 40\n50 6");
  expect(openJournal(folder.file("j"), 100, "boot").pieces).toEqual([
    [0, 10],
    [30, 40],
  ]);
});

test("compacting makes it short and loses nothing", () => {
  using folder = createTemporaryFolder();
  const journal = openJournal(folder.file("j"), 1000, "boot");
  for (let start = 0; start < 1000; start += 1) journal.note([start, start + 1]);
  journal.compact();
  journal.note([999, 1000]);
  expect(readFileSync(folder.file("j"), "latin1")).toBe("boot\n0 1000\n999 1000\n");
  journal.close();
});

test("clearing removes the file, and another note begins a new one", () => {
  using folder = createTemporaryFolder();
  const journal = openJournal(folder.file("j"), 100, "boot");
  journal.note([0, 10]);
  journal.clear();
  expect(existsSync(folder.file("j"))).toBe(false);
  journal.note([20, 30]);
  expect(openJournal(folder.file("j"), 100, "boot").pieces).toEqual([[20, 30]]);
  journal.close();
});

import { describe, expect, test } from "bun:test";
import { createPace } from "../pace.ts";
import { chunksOf, readText } from "./chunks.fixture.ts";
import { createLines } from "./lines.ts";
import { splitLines } from "./split-lines.ts";

/** Longest time that the event loop may stand still; generous, as the machine runs other tests. */
const maxStallMs = 1_500;

async function measureStall<T>(
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly stallMs: number }> {
  let longest = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  }, 1);
  try {
    const result = await work();
    longest = Math.max(longest, performance.now() - last);
    return { result, stallMs: longest };
  } finally {
    clearInterval(timer);
  }
}

describe.each([
  ["brackets without end", "a.ts", "(".repeat(400_000)],
  ["brackets over many lines", "a.ts", "(\n".repeat(200_000)],
  ["blocks inside blocks", "a.java", "{\n".repeat(200_000)],
  ["template strings inside each other", "a.js", "`${\n".repeat(100_000)],
  ["comments that never end", "a.c", "/*\n".repeat(200_000)],
  ["quotes inside quotes", "a.md", `${">".repeat(400_000)}x`],
  ["quotes inside quotes on each line", "a.md", `${">".repeat(2_000)}\n`.repeat(300)],
  [
    "lists inside lists",
    "a.md",
    Array.from({ length: 2_000 }, (_, depth) => `${" ".repeat(depth)}- x`).join("\n"),
  ],
  ["lists inside lists on one line", "a.md", `${"- ".repeat(4_000)}x\n`.repeat(100)],
  ["open links", "a.md", "[".repeat(900_000)],
  [
    "deeper indentation on each line",
    "a.rb",
    Array.from({ length: 1_300 }, (_, depth) => `${" ".repeat(depth)}x`).join("\n"),
  ],
  ["elements inside elements", "a.html", `${"<div>".repeat(4_000)}deep`],
  ["attributes without end", "a.html", `<p ${"a=b ".repeat(300_000)}>text</p>`],
  ["entities without end", "a.html", `<p>${"&amp;&#x41;&bogus;".repeat(60_000)}</p>`],
])("%s", (_what, name, text) => {
  test("are read in time and let others run", async () => {
    const { result, stallMs } = await measureStall(() => readText(name, text));
    expect(result.type).toBe("read");
    expect(stallMs).toBeLessThan(maxStallMs);
  }, 30_000);
});

test("16 MiB of text are cut in slices", async () => {
  const text = `${"A line of a log that is as long as such lines are.\n".repeat(330_000)}`;
  const { result, stallMs } = await measureStall(() =>
    splitLines(createLines(text), undefined, createPace(new AbortController().signal)),
  );
  expect(result.length).toBeGreaterThan(8_000);
  expect(stallMs).toBeLessThan(maxStallMs);
}, 30_000);

test("reading stops when it is told to", async () => {
  const stopping = new AbortController();
  const text = "line\n\n".repeat(1_000_000);
  const work = splitLines(createLines(text), undefined, createPace(stopping.signal));
  stopping.abort(new Error("enough"));
  await expect(work).rejects.toThrow("enough");
});

test("a text of more chunks than a collection takes is refused with the number", async () => {
  const read = await readText("a.txt", `${"x".repeat(1_500)}\n\n`.repeat(20_001));
  expect(read).toMatchObject({
    type: "unread",
    reason: "too_large",
    detail: expect.stringContaining("20001"),
  });
});

test("minified code on one line is cut, not parsed", async () => {
  const chunks = await chunksOf("a.js", "var a=function(){return{b:1}};".repeat(5_000));
  expect(chunks.length).toBeGreaterThan(90);
});

test("a page of endlessly nested elements is given up early", async () => {
  const { result, stallMs } = await measureStall(() =>
    readText("a.html", `${"<div>".repeat(3_000_000)}deep`),
  );
  expect(result).toMatchObject({ type: "unread", reason: "unreadable" });
  expect(stallMs).toBeLessThan(maxStallMs);
});

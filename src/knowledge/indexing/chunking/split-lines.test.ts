import { expect, test } from "bun:test";
import fc from "fast-check";
import { chunksOf, readText } from "./chunks.fixture.ts";

test("a chunk is the lines that it says, without the blank ones around it", async () => {
  const text = "\n\nfirst line\nsecond line\n\n\n";
  expect(await chunksOf("a.txt", text)).toEqual([
    { text: "first line\nsecond line", startLine: 3, endLine: 4 },
  ]);
});

test("lines count the same with Windows line ends", async () => {
  const [chunk] = await chunksOf("a.txt", "one\r\n\r\nthree\r\nfour\r\n");
  expect(chunk).toEqual({ text: "one\n\nthree\nfour", startLine: 1, endLine: 4 });
});

test("prose is cut between paragraphs", async () => {
  const paragraph = (index: number) => `Paragraph ${index} ${"goes on ".repeat(70)}`.trim();
  const chunks = await chunksOf("a.txt", [0, 1, 2, 3].map(paragraph).join("\n\n"));
  expect(chunks.map(({ startLine, endLine }) => [startLine, endLine])).toEqual([
    [1, 3],
    [5, 7],
  ]);
  expect(chunks[1]?.text).toBe(`${paragraph(2)}\n\n${paragraph(3)}`);
});

test("one line without end is cut at spaces, and no character is lost or halved", async () => {
  const word = "wörd😀";
  const text = `${word} `.repeat(2_000).trim();
  const chunks = await chunksOf("a.txt", text);
  expect(chunks.every(({ text: piece }) => piece.length <= 1_600)).toBe(true);
  expect(chunks.every(({ startLine, endLine }) => startLine === 1 && endLine === 1)).toBe(true);
  expect(chunks.map((chunk) => chunk.text).join(" ")).toBe(text);
  const solid = await chunksOf("a.txt", "😀".repeat(3_000));
  expect(solid.map((chunk) => chunk.text).join("")).toBe("😀".repeat(3_000));
});

test("blank text is no document", async () => {
  expect(await readText("a.txt", " \n\t\n")).toMatchObject({ type: "unread", reason: "empty" });
  expect(await readText("a.ts", "")).toMatchObject({ type: "unread", reason: "empty" });
});

test("every line of any text is in one chunk, in order, whatever its name says it is", async () => {
  const line = fc.oneof(
    fc.constantFrom(
      "",
      "",
      "  ",
      "}",
      "{",
      "# heading",
      "## deeper",
      "```",
      "def f():",
      "  return x",
      "// note",
    ),
    fc.constantFrom(
      "class A {",
      "    method() {",
      "<p>",
      "> quote",
      "- item",
      "===",
      "function f() {",
      "fn x() {",
    ),
    fc.string({ maxLength: 60 }).map((text) => text.replaceAll(/[\n\r\0]/g, "")),
    fc.integer({ min: 1, max: 40 }).map((count) => "word ".repeat(count * 5)),
  );
  const names = ["a.txt", "a.ts", "a.py", "a.md", "a.rs", "a.go", "a.c", "a.java", "a.rb", "a.json"];
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 120 }), fc.constantFrom(...names), async (written, name) => {
      const text = written.join("\n");
      fc.pre(text.trim() !== "");
      const chunks = await chunksOf(name, text);
      let next = 1;
      for (const { text: shown, startLine, endLine } of chunks) {
        expect(startLine).toBeGreaterThanOrEqual(next);
        for (let skipped = next; skipped < startLine; skipped++)
          expect(written[skipped - 1]?.trim()).toBe("");
        expect(shown).toBe(
          written
            .slice(startLine - 1, endLine)
            .join("\n")
            .trimEnd(),
        );
        expect(shown.length).toBeLessThanOrEqual(2_000);
        next = endLine + 1;
      }
      expect(
        written
          .slice(next - 1)
          .join("")
          .trim(),
      ).toBe("");
    }),
    { numRuns: 300 },
  );
});

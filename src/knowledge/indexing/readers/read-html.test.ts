import { describe, expect, test } from "bun:test";
import { chunksOf, readText } from "../chunking/chunks.fixture.ts";

const page = `<!doctype html>
<html><head><title>How to
  brew</title><style>p { color: red }</style></head>
<body>
<nav><a href="/">Home</a></nav>
<h1>Brewing &amp; more</h1>
<p>Heat the <b>water</b>
to 93&nbsp;degrees.<br>Pour it.</p>
<script>alert("never read")</script>
<table><tr><td>Beans</td><td>18 g</td></tr></table>
<pre>
step one
  step two
</pre>
</body></html>`;

describe("a page", () => {
  test("is its text without scripts, styles and navigation, with the lines of the source", async () => {
    const [chunk, ...others] = await chunksOf("brew.html", page);
    expect(others).toEqual([]);
    expect(chunk?.text).toBe(
      "Brewing & more\n\nHeat the water to 93 degrees. Pour it.\n\n| Beans | 18 g\n\nstep one\n  step two",
    );
    expect(chunk).toMatchObject({ startLine: 6, endLine: 13 });
  });

  test("has its title as purpose", async () => {
    expect(await readText("brew.html", page)).toMatchObject({ attributes: { purpose: "How to brew" } });
  });

  test("without text is empty", async () => {
    const read = await readText("a.html", "<html><script>1</script></html>");
    expect(read).toMatchObject({ type: "unread", reason: "empty" });
  });

  test("that closes nothing is read all the same", async () => {
    const [chunk] = await chunksOf("a.html", "<head><title>x</title><body><p>one<p>two<nav>links<main>three");
    expect(chunk?.text).toContain("three");
  });

  test("in another encoding than UTF-8 says so itself", async () => {
    const bytes = Buffer.from('<meta charset="iso-8859-1"><p>gr\u00fcn</p>', "latin1");
    expect(await readText("a.html", bytes)).toMatchObject({ chunks: [{ text: "grün" }] });
  });

  test("with a long section is cut at headings", async () => {
    const section = (name: string) => `<h2>${name}</h2><p>${"Some words. ".repeat(60)}</p>\n`;
    const chunks = await chunksOf("a.html", ["One", "Two", "Three"].map(section).join(""));
    expect(chunks.map((chunk) => [chunk.text.split("\n", 1)[0], chunk.startLine])).toEqual([
      ["One", 1],
      ["Two", 2],
      ["Three", 3],
    ]);
  });
});

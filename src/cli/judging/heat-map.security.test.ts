import { expect, test } from "bun:test";
import { visible } from "../table.ts";
import { formatHtml } from "./heat-map-html.ts";
import { formatSvg } from "./heat-map-svg.ts";

const hostile = `</pre></text><script>alert(1)</script>" onmouseover='x' &amp; \u0000\u001b\uffff`;
const map = {
  title: hostile,
  prompt: hostile,
  spans: [{ text: hostile, probability: 0.05, alternatives: [{ text: hostile, probability: 0.5 }] }],
  figures: [[hostile, hostile]] as const,
};

/** Elements of a document, each with the names of its attributes, as a parser sees them. */
async function readElements(document: string): Promise<{ tags: Set<string>; attributes: Set<string> }> {
  const tags = new Set<string>();
  const attributes = new Set<string>();
  const rewriter = new HTMLRewriter().on("*", {
    element(element) {
      tags.add(element.tagName);
      for (const [name] of element.attributes) attributes.add(name);
    },
  });
  await rewriter.transform(new Response(document)).text();
  return { tags, attributes };
}

test.each([
  ["html", formatHtml(map)],
  ["svg", formatSvg(map)],
])("no text becomes markup of %s", async (_format, document) => {
  const { tags, attributes } = await readElements(document);
  expect(tags).not.toContain("script");
  expect(attributes).not.toContain("onmouseover");
  expect(visible(document)).toBe(document);
  expect(document).not.toContain("\uffff");
});

test("a page loads nothing and runs nothing", () => {
  expect(formatHtml(map)).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
  expect(formatSvg(map)).not.toMatch(/href|url\(/);
});

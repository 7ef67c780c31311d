import { expect, test } from "bun:test";
import { formatHtml } from "./heat-map-html.ts";
import { formatSvg } from "./heat-map-svg.ts";

const span = (text: string, probability: number) => ({
  ...{ text, probability, alternatives: [{ text: "other", probability: 0.5 }] },
});
const map = (...spans: readonly ReturnType<typeof span>[]) => ({
  ...{ title: "How sure it is", prompt: "Why?", spans, figures: [["perplexity", "2.000"]] as const },
});

test("a page shows each token on its colour, with what else could have stood there", () => {
  const page = formatHtml(map(span("So", 0.95), span(" it", 0.02)));
  expect(page).toContain(
    '<span class="step-0" title="&quot;So&quot; 95 %\n&quot;other&quot; 50 %">So</span>',
  );
  expect(page).toContain('<span class="step-4"');
  expect(page).toContain("color-scheme: light dark");
  expect(page).toContain("below 10 %");
});

test("a picture breaks lines where the text does, and where they are full", () => {
  const lines = (text: string) =>
    new Set(
      [...formatSvg(map(span(text, 0.02))).matchAll(/class="unlikely" x="[^"]+" y="(\d+)"/g)].map(
        (m) => m[1],
      ),
    ).size - 1;
  expect(lines("one")).toBe(1);
  expect(lines("one\n\ntwo")).toBe(2);
  expect(lines("x".repeat(200))).toBe(3);
});

test("each figure of a picture has a line of its own, so that none is cut off", () => {
  const figures = ["perplexity", "entropy", "gate"].map((name) => [name, "x".repeat(50)] as const);
  const lines = [...formatSvg({ ...map(span("a", 0.9)), figures }).matchAll(/y="(\d+)"[^>]*>(\w+) x{50}</g)];
  expect(lines.map(([, , name]) => name)).toEqual(["perplexity", "entropy", "gate"]);
  expect(new Set(lines.map(([, y]) => y)).size).toBe(3);
});

test("characters that are two columns wide take two in a picture", () => {
  const width = (text: string) =>
    /<rect x="[^"]+" y="[^"]+" width="([^"]+)"/.exec(formatSvg(map(span(text, 0.02))))?.[1];
  expect(Number(width("你好"))).toBe(Number(width("abcd")));
});

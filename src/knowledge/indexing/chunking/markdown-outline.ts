import type { Pace } from "../pace.ts";
import { parseSlowly } from "./grammar.ts";
import type { Lines } from "./lines.ts";
import type { Outline } from "./outline.ts";

export type Heading = {
  readonly line: number;
  /** Titles from the outermost section to this one. */
  readonly path: readonly string[];
};

export type MarkdownOutline = { readonly outline: Outline; readonly headings: readonly Heading[] };

type Section = {
  readonly level: number;
  readonly from: number;
  to: number;
  readonly title: string;
  readonly parts: (Section | Outline)[];
};

/** What is found inside a paragraph decides nothing here, and costs most. */
const inlineParsers = [
  ...["Escape", "Entity", "InlineCode", "HTMLTag", "Emphasis", "HardBreak"],
  ...["Link", "Image", "LinkEnd", "Autolink"],
];
const headingPattern = /^(?:ATX|Setext)Heading(\d)$/;
/** Quotes and lists inside each other on one line, deeper than anybody writes: each costs the parser on every line. */
const nestedPattern = /^(?:[ \t]*(?:>|[-*+][ \t]|\d{1,9}[.)][ \t])){33}/;
/** Lines at the start that may be fields for other programs between two lines of dashes. */
const maxFrontLines = 100;

/** Sections by their headings, each with the sections inside it; undefined for a text too long or deep to be parsed. */
export async function outlineMarkdown(lines: Lines, pace: Pace): Promise<MarkdownOutline | undefined> {
  for (let line = 1; line <= lines.count; line++) if (nestedPattern.test(lines.line(line))) return undefined;
  const { parser } = await import("@lezer/markdown");
  const tree = await parseSlowly(parser.configure({ remove: inlineParsers }), lines, pace);
  if (!tree) return undefined;
  const frontLines = countFrontLines(lines);
  const headings: Heading[] = [];
  const root: Section = { level: 0, from: 1, to: lines.count, title: "", parts: [] };
  const open: Section[] = [root];
  for (let node = tree.topNode.firstChild; node; node = node.nextSibling) {
    if (pace.isDue()) await pace.rest();
    const from = lines.lineAt(node.from);
    const to = lines.lineAt(Math.max(node.from, node.to - 1));
    const level = to <= frontLines ? 0 : Number(headingPattern.exec(node.name)?.[1] ?? 0);
    if (level > 0) {
      while ((open.at(-1)?.level ?? 0) >= level) open.pop();
      const title = titleOf(lines.slice({ from, to }));
      const section: Section = { level, from, to, title, parts: [leaf(from, to)] };
      open.at(-1)?.parts.push(section);
      open.push(section);
      headings.push({ line: from, path: open.slice(1).map((each) => each.title) });
    } else open.at(-1)?.parts.push(leaf(from, to));
    for (const section of open) section.to = Math.max(section.to, to);
  }
  return { outline: toOutline(root), headings };
}

function countFrontLines(lines: Lines): number {
  if (lines.line(1).trimEnd() !== "---") return 0;
  for (let line = 2; line <= Math.min(lines.count, maxFrontLines); line++)
    if (lines.line(line).trimEnd() === "---") return line;
  return 0;
}

function leaf(from: number, to: number): Outline {
  return { from, to, children: () => [] };
}

function toOutline(section: Section): Outline {
  const { from, to, parts } = section;
  return { from, to, children: () => parts.map((part) => ("level" in part ? toOutline(part) : part)) };
}

function titleOf(heading: string): string {
  const [first = ""] = heading.split("\n", 1);
  return first
    .replace(/^ {0,3}#{1,6}/, "")
    .replace(/\s#+\s*$/, "")
    .trim();
}

import type { Parser, SyntaxNode, Tree } from "@lezer/common";
import type { Pace } from "../pace.ts";
import type { Lines } from "./lines.ts";
import type { Outline } from "./outline.ts";

/** Texts and lines that are longer are cut without a grammar: they are generated, or made to keep a parser busy. */
const maxParsedChars = 1_048_576;
const maxLineChars = 10_000;
/** Parsers mend what is wrong in a text, and some texts never end being wrong. */
const maxParseMs = 2_000;
/** Steps between two looks at the clock. */
const stepsAtOnce = 8;
const leadPattern = /Comment$|^AttributeItem$|^AttributeList$/;

const parsers: Readonly<Record<string, () => Promise<Parser>>> = {
  typescript: async () => (await import("@lezer/javascript")).parser.configure({ dialect: "ts jsx" }),
  javascript: async () => (await import("@lezer/javascript")).parser.configure({ dialect: "jsx" }),
  python: async () => (await import("@lezer/python")).parser,
  rust: async () => (await import("@lezer/rust")).parser,
  go: async () => (await import("@lezer/go")).parser,
  c: async () => (await import("@lezer/cpp")).parser,
  cpp: async () => (await import("@lezer/cpp")).parser,
  java: async () => (await import("@lezer/java")).parser,
  php: async () => (await import("@lezer/php")).parser,
};

/** The syntax of a text as an outline; undefined where there is no grammar, or none that is done in time. */
export async function outlineByGrammar(
  lines: Lines,
  language: string,
  pace: Pace,
): Promise<Outline | undefined> {
  const load = Object.hasOwn(parsers, language) ? parsers[language] : undefined;
  if (!load) return undefined;
  const tree = await parseSlowly(await load(), lines, pace);
  return tree && toOutline(tree.topNode, lines);
}

/** The tree of a text, parsed with pauses; undefined for a text that is too long or takes too long. */
export async function parseSlowly(parser: Parser, lines: Lines, pace: Pace): Promise<Tree | undefined> {
  if (lines.text.length > maxParsedChars) return undefined;
  for (let line = 1; line <= lines.count; line++)
    if (lines.size({ from: line, to: line }) > maxLineChars) return undefined;
  const endMs = performance.now() + maxParseMs;
  const parse = parser.startParse(lines.text);
  for (let step = 1; ; step++) {
    const tree = parse.advance();
    if (tree) return tree;
    if (step % stepsAtOnce !== 0 || !pace.isDue()) continue;
    if (performance.now() > endMs) return undefined;
    await pace.rest();
  }
}

function toOutline(node: SyntaxNode, lines: Lines): Outline {
  return {
    from: lines.lineAt(node.from),
    // A node that ends with its line's end would otherwise reach into the next line.
    to: lines.lineAt(Math.max(node.from, node.to - 1)),
    isLead: leadPattern.test(node.name),
    *children() {
      for (let child = node.firstChild; child; child = child.nextSibling) yield toOutline(child, lines);
    },
  };
}

/**
 * The text of a page by its blocks, without what is not read: scripts, styles, navigation. The parser calls back and
 * builds no tree, so that neither depth nor size costs more than the text itself.
 */
import { Parser } from "htmlparser2";
import { createLines } from "../chunking/lines.ts";
import type { Pace } from "../pace.ts";
import type { Block } from "./blocks.ts";

export type HtmlText = { readonly title: string; readonly blocks: readonly Block[] };

/** Characters that are parsed between two looks at the clock. */
const sliceChars = 16_384;
const maxTitleChars = 500;
/** The parser's stack of open elements costs more the longer it is. */
const maxDepth = 5_000;
const hidden = new Set([
  "script",
  "style",
  "noscript",
  "template",
  "svg",
  "iframe",
  "object",
  "nav",
  "title",
]);
/** Begin what is read, even where something hidden before them was never closed. */
const shown = new Set(["body", "main", "article"]);
const blockTags = new Set([
  ...["address", "article", "aside", "blockquote", "body", "caption", "dd", "details", "div", "dl", "dt"],
  ...[
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
  ],
  ...["li", "main", "ol", "p", "pre", "section", "summary", "table", "tr", "ul"],
]);
const headingPattern = /^h[1-6]$/;

/** Undefined for a page whose elements stand inside each other deeper than any page's do. */
export async function readHtml(html: string, pace: Pace): Promise<HtmlText | undefined> {
  const lines = createLines(html);
  const text = createTextCollector((offset) => lines.lineAt(offset));
  let depth = 0;
  const parser: Parser = new Parser(
    {
      onopentag(name) {
        depth++;
        text.open(name, parser.startIndex);
      },
      ontext: (part) => text.add(part, parser.startIndex),
      onclosetag(name) {
        depth--;
        text.close(name);
      },
    },
    { decodeEntities: true, lowerCaseTags: true },
  );
  for (let at = 0; at < html.length; at += sliceChars) {
    parser.write(html.slice(at, at + sliceChars));
    if (depth > maxDepth) return undefined;
    if (pace.isDue()) await pace.rest();
  }
  parser.end();
  return text.end();
}

type Collector = {
  open(tag: string, offset: number): void;
  add(text: string, offset: number): void;
  close(tag: string): void;
  end(): HtmlText;
};

function createTextCollector(lineAt: (offset: number) => number): Collector {
  const blocks: Block[] = [];
  let title = "";
  let isTitle = false;
  let hiddenDepth = 0;
  let preDepth = 0;
  let parts: string[] = [];
  let startOffset: number | undefined;
  let endOffset = 0;
  let isHeading = false;

  function endBlock(): void {
    const joined = parts.join("");
    const text = (preDepth > 0 ? joined : joined.replace(/\s+/g, " ")).trim();
    if (text !== "" && startOffset !== undefined) {
      const place = { startLine: lineAt(startOffset), endLine: lineAt(endOffset) };
      blocks.push({ text, ...place, ...(isHeading && { isHeading }) });
    }
    parts = [];
    startOffset = undefined;
    isHeading = false;
  }
  return {
    open(tag, offset) {
      if (tag === "title") isTitle = hiddenDepth === 0 && title === "";
      if (hidden.has(tag)) hiddenDepth++;
      else if (shown.has(tag)) hiddenDepth = 0;
      if (blockTags.has(tag)) {
        endBlock();
        isHeading = headingPattern.test(tag);
      } else if (tag === "br") parts.push(preDepth > 0 ? "\n" : " ");
      else if (tag === "td" || tag === "th") parts.push(" | ");
      if (tag === "pre") preDepth++;
      endOffset = Math.max(endOffset, offset);
    },
    add(text, offset) {
      if (isTitle && title.length < maxTitleChars) title += text;
      if (hiddenDepth > 0) return;
      const inner = text.trimStart();
      if (inner !== "") {
        // Where the text begins, not the space before it. Offsets of decoded text are exact but inside entities.
        startOffset ??= offset + text.length - inner.length;
        endOffset = offset + text.trimEnd().length - 1;
      }
      parts.push(text);
    },
    close(tag) {
      if (tag === "title") isTitle = false;
      if (hidden.has(tag)) hiddenDepth = Math.max(0, hiddenDepth - 1);
      if (blockTags.has(tag)) endBlock();
      if (tag === "pre") preDepth = Math.max(0, preDepth - 1);
    },
    end() {
      endBlock();
      return { title: title.replace(/\s+/g, " ").trim().slice(0, maxTitleChars), blocks };
    },
  };
}

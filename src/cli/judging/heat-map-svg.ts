import { confidenceSteps, stepOf } from "./confidence.ts";
import { describeSpan, escapeMarkup, type HeatMap } from "./heat-map-content.ts";
import type { TokenSpan } from "./token-spans.ts";

const columns = 90;
const columnWidth = 8.5;
const lineHeight = 24;
const margin = 16;
/** From the top of a line to the foot of its letters. */
const baseline = 17;
const tabText = "    ";

const style = `
  svg { background: #fff; }
  text { font: 14px ui-monospace, Menlo, Consolas, monospace; fill: #000; white-space: pre; }
  .plain { fill: #000; }
  .unlikely { text-decoration: underline; }
  @media (prefers-color-scheme: dark) { svg { background: #16181d; } text.plain { fill: #e8e8e8; } }
`;

/** A part of a span on one line. */
type Piece = {
  readonly text: string;
  readonly column: number;
  readonly line: number;
  readonly width: number;
  readonly span: TokenSpan;
};

/** A picture in a fixed-width font; characters that are two columns wide take two. */
export function formatSvg({ title, spans, figures }: HeatMap): string {
  const { pieces, lines } = layOut(spans);
  const legendTop = margin + (lines + 2) * lineHeight;
  const height = legendTop + lineHeight * (2 + figures.length) + margin;
  const width = columns * columnWidth + 2 * margin;
  const summary = figures.map(([name, value]) => `${name} ${value}`).join(", ");
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title summary">
<title id="title">${escapeMarkup(title)}</title>
<desc id="summary">${escapeMarkup(summary)}</desc>
<style>${style}</style>
${pieces.map(formatPiece).join("\n")}
${formatLegend(legendTop)}
${figures.map(([name, value], index) => formatFigureLine(`${name} ${value}`, legendTop + lineHeight * (index + 2))).join("\n")}
</svg>
`;
}

function formatFigureLine(text: string, top: number): string {
  return `<text class="plain" x="${margin}" y="${top + baseline}">${escapeMarkup(text)}</text>`;
}

function layOut(spans: readonly TokenSpan[]): { readonly pieces: readonly Piece[]; readonly lines: number } {
  const pieces: Piece[] = [];
  let line = 0;
  let column = 0;
  const segmenter = new Intl.Segmenter();
  for (const span of spans) {
    let text = "";
    let start = column;
    const flush = () => {
      if (text !== "") pieces.push({ text, column: start, line, width: column - start, span });
      text = "";
      start = column;
    };
    const breakLine = () => {
      flush();
      line += 1;
      column = 0;
      start = 0;
    };
    for (const { segment } of segmenter.segment(span.text.replaceAll("\t", tabText))) {
      if (/^[\r\n]+$/.test(segment)) {
        breakLine();
        continue;
      }
      const width = Bun.stringWidth(segment);
      if (column + width > columns) breakLine();
      text += segment;
      column += width;
    }
    flush();
  }
  return { pieces, lines: line + 1 };
}

function formatPiece({ text, column, line, width, span }: Piece): string {
  const step = stepOf(span.probability);
  const left = margin + column * columnWidth;
  const top = margin + line * lineHeight;
  return `<g><title>${escapeMarkup(describeSpan(span))}</title>${formatCell({ text, left, top, width: width * columnWidth }, step)}</g>`;
}

type Cell = { readonly text: string; readonly left: number; readonly top: number; readonly width: number };

function formatCell({ text, left, top, width }: Cell, step: (typeof confidenceSteps)[number]): string {
  const box =
    step.fill === undefined
      ? ""
      : `<rect x="${left}" y="${top}" width="${width}" height="${lineHeight - 2}" fill="${step.fill}"/>`;
  const name = step.fill === undefined ? "plain" : step.isUnderlined ? "unlikely" : "likely";
  const fitted = width > 0 ? ` textLength="${width}" lengthAdjust="spacingAndGlyphs"` : "";
  return `${box}<text class="${name}" x="${left}" y="${top + baseline}" xml:space="preserve"${fitted}>${escapeMarkup(text)}</text>`;
}

function formatLegend(top: number): string {
  let left = margin;
  const cells = confidenceSteps.map((step) => {
    const text = ` ${step.label} `;
    const cell = formatCell({ text, left, top, width: text.length * columnWidth }, step);
    left += (text.length + 1) * columnWidth;
    return cell;
  });
  return `<g>${cells.join("")}</g>`;
}

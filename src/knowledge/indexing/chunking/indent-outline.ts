import type { LineSpan, Lines } from "./lines.ts";
import type { Outline } from "./outline.ts";

const tabColumns = 4;
/** What goes on with the block above it although it stands as far left. */
const continuesPattern =
  /^(?:[}\])]|(?:end|fi|done|esac|else|elif|elsif|elseif|catch|except|finally|rescue|ensure|then|do|in|begin|as|go)\b|--+$|=+$)/i;
const leadPattern = /^(?:#|\/\/|\/\*|\*|--|;|%|"""|@|\[\w)/;

/**
 * The outline of code in a language without a grammar here: a part begins at each line that is indented least, with
 * what is indented further inside it. Comments and annotations lead.
 */
export function outlineByIndent(lines: Lines, span: LineSpan): Outline {
  return { ...span, children: () => listParts(lines, span) };
}

function listParts(lines: Lines, { from, to }: LineSpan): readonly Outline[] {
  const least = findLeastIndent(lines, { from, to });
  const parts: { from: number; to: number; isLead: boolean }[] = [];
  for (let line = from; line <= to; line++) {
    const text = lines.line(line).trimEnd();
    if (text.trim() === "") continue;
    const isStart = indentOf(text) <= least && !continuesPattern.test(text.trimStart());
    const last = parts.at(-1);
    if (isStart || !last) parts.push({ from: line, to: line, isLead: leadPattern.test(text.trimStart()) });
    else last.to = line;
  }
  return parts.map((part) => ({
    ...part,
    isLead: part.isLead && part.from === part.to,
    children: () => (part.to > part.from ? listParts(lines, { from: part.from + 1, to: part.to }) : []),
  }));
}

function findLeastIndent(lines: Lines, { from, to }: LineSpan): number {
  let least = Number.POSITIVE_INFINITY;
  for (let line = from; line <= to && least > 0; line++) {
    const text = lines.line(line).trimEnd();
    if (text !== "" && !continuesPattern.test(text.trimStart())) least = Math.min(least, indentOf(text));
  }
  return least;
}

function indentOf(line: string): number {
  let columns = 0;
  for (const character of line) {
    if (character === " ") columns += 1;
    else if (character === "\t") columns += tabColumns;
    else break;
  }
  return columns;
}

import { templateError } from "./template-error.ts";

export type Quoted = { readonly value: string | bigint; readonly length: number };

const simpleEscapes: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\\": "\\",
};
const escaped = /\\(?:x([0-9a-fA-F]{2})|([0-7]{3})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([abfnrtv\\'"]))/y;
const plain = /[^"'\\\n]+/y;
const maxCodePoint = 0x10ffff;

/** Go's `"text"`, `` `text` `` or `'c'` (a number) at a position. Throws AppError invalid_request. */
export function parseQuoted(source: string, position: number): Quoted {
  const quote = source.charAt(position);
  if (quote === "`") {
    const end = source.indexOf("`", position + 1);
    if (end < 0) throw templateError(source, position, "a text has no end: ` is missing");
    // Go drops carriage returns from raw texts.
    return { value: source.slice(position + 1, end).replaceAll("\r", ""), length: end + 1 - position };
  }
  const { text, end } = readEscaped(source, position, quote);
  if (quote === '"') return { value: text, length: end - position };
  const codePoints = [...text];
  const codePoint = codePoints[0]?.codePointAt(0);
  if (codePoint === undefined || codePoints.length !== 1) {
    throw templateError(source, position, "'…' holds one character; a text stands in \"…\"");
  }
  return { value: BigInt(codePoint), length: end - position };
}

function readEscaped(
  source: string,
  start: number,
  quote: string,
): { readonly text: string; readonly end: number } {
  let position = start + 1;
  const parts: string[] = [];
  while (position < source.length && source.charAt(position) !== quote) {
    const [part, length] = readPart(source, position, quote);
    parts.push(part);
    position += length;
  }
  if (position >= source.length) throw templateError(source, start, `a text has no end: ${quote} is missing`);
  return { text: parts.join(""), end: position + 1 };
}

function readPart(source: string, position: number, quote: string): readonly [string, number] {
  const first = source.charAt(position);
  if (first === "\n") throw templateError(source, position, `a text has no end: ${quote} is missing`);
  if (first === '"' || first === "'") return [first, 1];
  plain.lastIndex = position;
  const run = plain.exec(source);
  if (run) return [run[0], run[0].length];
  escaped.lastIndex = position;
  const match = escaped.exec(source);
  const text = match && decode(match, quote);
  if (text === undefined || text === null) {
    throw templateError(
      source,
      position,
      `${JSON.stringify(source.slice(position, position + 2))} is no escape`,
    );
  }
  return [text, match?.[0].length ?? 0];
}

function decode(match: RegExpExecArray, quote: string): string | undefined {
  const [, hex, octal, short, long, simple] = match;
  if (simple === "'" || simple === '"') return simple === quote ? simple : undefined;
  if (simple !== undefined) return simpleEscapes[simple];
  const digits = hex ?? short ?? long;
  const code = digits === undefined ? Number.parseInt(octal ?? "", 8) : Number.parseInt(digits, 16);
  // Bytes beyond ASCII are pieces of characters, which a JavaScript string cannot hold.
  if ((hex !== undefined || octal !== undefined) && code > 0x7f) return undefined;
  return code <= maxCodePoint ? String.fromCodePoint(code).toWellFormed() : undefined;
}

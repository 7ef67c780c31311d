import { parseQuoted } from "./quoted.ts";
import { templateError } from "./template-error.ts";

export type Token =
  | { readonly type: "text"; readonly position: number; readonly text: string }
  | { readonly type: "constant"; readonly position: number; readonly value: string | number | bigint }
  /** `text` is without the dot of a field; a variable keeps its `$`. */
  | { readonly type: "field" | "variable" | "word"; readonly position: number; readonly text: string }
  | { readonly type: Mark; readonly position: number };

export type Mark = "{{" | "}}" | " " | "." | "|" | "(" | ")" | "," | ":=" | "=" | "end of template";

const leftDelimiter = /\{\{(-(?=[ \t\r\n]))?/g;
const rightDelimiter = /[ \t\r\n]-\}\}|\}\}/y;
const comment = /[ \t\r\n]*\/\*/y;
const space = /[ \t\r\n]+/y;
const word = /[\p{L}_][\p{L}\p{Nd}_]*/uy;
const field = /\.([\p{L}_][\p{L}\p{Nd}_]*)/uy;
const variable = /\$[\p{L}\p{Nd}_]*/uy;
const number =
  /[+-]?(?:0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+|(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:[eE][+-]?\d+)?)/y;
const afterTerm = /[ \t\r\n.,|:()]|\}\}|$/y;
const minInt64 = -(2n ** 63n);
const maxInt64 = 2n ** 63n - 1n;

/** The tokens of a template, trim markers and comments already gone. Throws AppError invalid_request. */
export function tokenize(source: string): readonly Token[] {
  const tokens: Token[] = [];
  let position = 0;
  let isTrimmed = false;
  while (position < source.length) {
    leftDelimiter.lastIndex = position;
    const opening = leftDelimiter.exec(source);
    const end = opening?.index ?? source.length;
    pushText(tokens, source.slice(position, end), position, {
      left: isTrimmed,
      right: opening?.[1] !== undefined,
    });
    if (!opening) break;
    const inside = opening.index + opening[0].length;
    const closing = skipComment(source, inside) ?? readAction(source, opening.index, inside, tokens);
    isTrimmed = closing.isTrimmed;
    position = closing.position;
  }
  tokens.push({ type: "end of template", position: source.length });
  return tokens;
}

type Closing = { readonly position: number; readonly isTrimmed: boolean };

function pushText(
  tokens: Token[],
  text: string,
  position: number,
  trim: { readonly left: boolean; readonly right: boolean },
): void {
  let kept = text;
  if (trim.left) kept = kept.replace(/^[ \t\r\n]+/, "");
  if (trim.right) kept = trimEnd(kept);
  if (kept !== "") tokens.push({ type: "text", position, text: kept });
}

/** A regular expression anchored at the end would try every run of spaces. */
function trimEnd(text: string): string {
  let end = text.length;
  while (end > 0 && " \t\r\n".includes(text.charAt(end - 1))) end--;
  return text.slice(0, end);
}

function skipComment(source: string, inside: number): Closing | undefined {
  if (!matchAt(comment, source, inside)) return undefined;
  // `{{ /*` with a mere space is an action that begins with a stray `/`.
  const isMarked = source.startsWith("/*", inside) || source.charAt(inside - 1) === "-";
  if (!isMarked) return undefined;
  const end = source.indexOf("*/", inside);
  if (end < 0) throw templateError(source, inside, "a comment has no end: */ is missing");
  const closing = matchAt(rightDelimiter, source, end + 2);
  if (!closing) throw templateError(source, end, "a comment must fill its action: }} has to follow */");
  return { position: end + 2 + closing[0].length, isTrimmed: closing[0] !== "}}" };
}

function readAction(source: string, start: number, inside: number, tokens: Token[]): Closing {
  tokens.push({ type: "{{", position: start });
  let position = inside;
  while (position < source.length) {
    const closing = matchAt(rightDelimiter, source, position);
    if (closing) {
      tokens.push({ type: "}}", position });
      return { position: position + closing[0].length, isTrimmed: closing[0] !== "}}" };
    }
    const { token, length } = readToken(source, position);
    tokens.push(token);
    position += length;
  }
  throw templateError(source, start, "an action has no end: }} is missing");
}

type Read = { readonly token: Token; readonly length: number };

function readToken(source: string, position: number): Read {
  const spaces = matchAt(space, source, position);
  if (spaces)
    return { token: { type: " ", position }, length: lengthBeforeTrim(source, position, spaces[0]) };
  const first = source.charAt(position);
  if (first === '"' || first === "`" || first === "'") {
    const { value, length } = parseQuoted(source, position);
    return { token: { type: "constant", position, value }, length };
  }
  const digits = matchAt(number, source, position);
  if (digits) return readNumber(source, position, digits[0]);
  return readName(source, position) ?? readMark(source, position);
}

/** The last space of ` -}}` belongs to the delimiter. */
function lengthBeforeTrim(source: string, position: number, spaces: string): number {
  const isTrim = source.startsWith("-}}", position + spaces.length);
  return isTrim ? spaces.length - 1 : spaces.length;
}

function readName(source: string, position: number): Read | undefined {
  for (const [type, pattern] of [
    ["variable", variable],
    ["field", field],
    ["word", word],
  ] as const) {
    const match = matchAt(pattern, source, position);
    if (!match) continue;
    const length = match[0].length;
    if (!matchAt(afterTerm, source, position + length)) {
      throw templateError(
        source,
        position + length,
        `${JSON.stringify(source.charAt(position + length))} cannot follow ${match[0]}`,
      );
    }
    return { token: { type, position, text: match[1] ?? match[0] }, length };
  }
  return undefined;
}

const marks: readonly Mark[] = [":=", "=", "|", "(", ")", ",", "."];

function readMark(source: string, position: number): Read {
  const type = marks.find((mark) => source.startsWith(mark, position));
  if (type) return { token: { type, position }, length: type.length };
  throw templateError(
    source,
    position,
    `${JSON.stringify(source.charAt(position))} has no meaning in an action`,
  );
}

function readNumber(source: string, position: number, text: string): Read {
  const end = position + text.length;
  const digits = text.replaceAll("_", "").replace(/^\+/, "");
  const isInteger = /^-?(0[xXbBoO].*|\d+)$/.test(digits);
  const value = isInteger ? toInteger(digits) : Number(digits);
  const isWhole = !/[\p{L}\p{N}_.]/u.test(source.charAt(end));
  if (value === undefined || !isWhole || (typeof value === "number" && !Number.isFinite(value))) {
    throw templateError(source, position, `${text}${source.charAt(end)} is not a number`);
  }
  return { token: { type: "constant", position, value }, length: text.length };
}

/** Go's base prefixes, a bare leading zero (octal) among them. */
function toInteger(text: string): bigint | undefined {
  const isNegative = text.startsWith("-");
  const digits = (isNegative ? text.slice(1) : text).replace(/^0(?=\d)/, "0o");
  try {
    const value = isNegative ? -BigInt(digits) : BigInt(digits);
    return value >= minInt64 && value <= maxInt64 ? value : undefined;
  } catch {
    return undefined;
  }
}

function matchAt(pattern: RegExp, source: string, position: number): RegExpExecArray | null {
  pattern.lastIndex = position;
  return pattern.exec(source);
}

/**
 * Looks at the shape of a Jinja template without running it. The parser and the interpreter behind llama.cpp follow
 * nesting with their own stack, so depth and the length of one expression are bounded here.
 */

/** The largest of the known models is below 64 KiB. */
const maxTemplateChars = 256 * 1024;
const maxBlockDepth = 100;
const maxBracketDepth = 100;
/** Characters of one tag without its texts: a chain of operators or filters nests as deep as it is long. */
const maxExpressionChars = 4_096;
/** Each is parsed inside the one before. */
const maxAlternatives = 500;
/** A loop, a range or a repetition of that many takes memory and time without end. */
const largeNumber = /(?<![\w.])\d[\d_]{7,}/;
const blockNames: ReadonlySet<string> = new Set([
  "if",
  "for",
  "macro",
  "call",
  "filter",
  "set",
  "generation",
]);
const tagPattern = /\{[{%#]/g;
const closers: Readonly<Record<string, string>> = { "{{": "}}", "{%": "%}", "{#": "#}" };

/** Why a template must not be rendered; undefined where nothing speaks against it. */
export function findTemplateProblem(template: string): string | undefined {
  if (template.length > maxTemplateChars) {
    return `its chat template has ${template.length} characters, more than ${maxTemplateChars}`;
  }
  let depth = 0;
  let alternatives = 0;
  for (const tag of readTags(template)) {
    if (tag.problem !== undefined) return tag.problem;
    if (largeNumber.test(tag.code)) return "its chat template counts to ten millions or more";
    const [name = ""] = /[a-z]+/.exec(tag.code) ?? [];
    if (tag.opener !== "{%") continue;
    if (name.startsWith("end")) depth -= 1;
    else if (name === "elif") alternatives += 1;
    else if (opensBlock(name, tag.code)) depth += 1;
    if (depth > maxBlockDepth) return `its chat template nests blocks deeper than ${maxBlockDepth}`;
    if (alternatives > maxAlternatives) return `its chat template has more than ${maxAlternatives} elif`;
  }
  return undefined;
}

function opensBlock(name: string, code: string): boolean {
  return blockNames.has(name) && !(name === "set" && code.includes("="));
}

type Tag = { readonly opener: string; readonly code: string; readonly problem?: string };

/** The tags of a template in order, their texts left out. */
function* readTags(template: string): Generator<Tag> {
  tagPattern.lastIndex = 0;
  for (let match = tagPattern.exec(template); match; match = tagPattern.exec(template)) {
    const [opener] = match;
    const start = match.index + opener.length;
    if (opener === "{#") {
      const end = template.indexOf("#}", start);
      if (end < 0) return;
      tagPattern.lastIndex = end + 2;
      continue;
    }
    const { code, end, problem } = readCode(template, start, closers[opener] ?? "}}");
    yield { opener, code, ...(problem !== undefined && { problem }) };
    tagPattern.lastIndex = end;
  }
}

function readCode(
  template: string,
  start: number,
  closer: string,
): { readonly code: string; readonly end: number; readonly problem?: string } {
  let brackets = 0;
  let code = "";
  for (let index = start; index < template.length; index += 1) {
    const char = template.charAt(index);
    if (brackets === 0 && template.startsWith(closer, index)) return { code, end: index + closer.length };
    if (char === "'" || char === '"') {
      index = endOfText(template, index, char);
      continue;
    }
    if ("([{".includes(char)) brackets += 1;
    else if (")]}".includes(char)) brackets = Math.max(0, brackets - 1);
    code += char;
    if (brackets > maxBracketDepth) return { ...tooLarge("brackets", maxBracketDepth), code };
    if (code.length > maxExpressionChars) return { ...tooLarge("characters", maxExpressionChars), code };
  }
  return { code, end: template.length };
}

function tooLarge(what: string, maximum: number): { readonly end: number; readonly problem: string } {
  const problem = `a tag of its chat template has more than ${maximum} ${what === "brackets" ? "open brackets" : what}`;
  return { end: 0, problem };
}

/** Where the text that opens at `start` ends; the last character where it does not. */
function endOfText(template: string, start: number, quote: string): number {
  for (let index = start + 1; index < template.length; index += 1) {
    if (template.charAt(index) === "\\") index += 1;
    else if (template.charAt(index) === quote) return index;
  }
  return template.length;
}

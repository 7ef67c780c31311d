import { functionNames } from "./function-names.ts";
import { type Mark, type Token, tokenize } from "./lexer.ts";
import { maxNesting, maxTemplateChars } from "./limits.ts";
import type { BranchNode, Command, Node, Operand, Pipeline, Template } from "./syntax.ts";
import { templateError } from "./template-error.ts";

type Cursor = {
  readonly source: string;
  readonly tokens: readonly Token[];
  next: number;
  nesting: number;
  loops: number;
  /** Names in scope; `$` is always the first. */
  variables: string[];
  readonly defined: Map<string, readonly Node[]>;
};

/** What ended a list of nodes: the position after its keyword, still inside the action. */
type Ending = { readonly keyword: "end" | "else" | "end of template"; readonly position: number };
type List = { readonly nodes: readonly Node[]; readonly ending: Ending };

const keywords: ReadonlySet<string> = new Set([
  "if",
  "else",
  "end",
  "range",
  "with",
  "define",
  "template",
  "block",
  "break",
  "continue",
]);

/** Parses a template in Go's text/template language. Throws AppError invalid_request with line and column. */
export function parseTemplate(source: string): Template {
  if (source.length > maxTemplateChars) {
    const problem = `it has ${source.length} characters; ${maxTemplateChars} are the most`;
    throw templateError(source, 0, problem);
  }
  const tokens = tokenize(source);
  const cursor: Cursor = {
    source,
    tokens,
    next: 0,
    nesting: 0,
    loops: 0,
    variables: ["$"],
    defined: new Map(),
  };
  const { nodes, ending } = parseList(cursor, { isTop: true });
  if (ending.keyword !== "end of template") {
    throw templateError(source, ending.position, `{{${ending.keyword}}} without a beginning`);
  }
  return { source, root: nodes, defined: cursor.defined };
}

function parseList(cursor: Cursor, { isTop }: { readonly isTop: boolean }): List {
  const nodes: Node[] = [];
  for (;;) {
    const token = take(cursor);
    if (token.type === "text") {
      nodes.push(token);
      continue;
    }
    if (token.type === "end of template") {
      return { nodes, ending: { keyword: token.type, position: token.position } };
    }
    skipSpace(cursor);
    const keyword = takeKeyword(cursor);
    if (keyword === "end" || keyword === "else") {
      return { nodes, ending: { keyword, position: token.position } };
    }
    if (keyword === "define") {
      if (!isTop) throw fail(cursor, token.position, "{{define}} must stand outside of everything else");
      parseDefine(cursor, token.position);
    } else {
      nodes.push(parseAction(cursor, keyword, token.position));
    }
  }
}

function takeKeyword(cursor: Cursor): string | undefined {
  const token = peek(cursor);
  if (token.type !== "word" || !keywords.has(token.text)) return undefined;
  take(cursor);
  return token.text;
}

function parseAction(cursor: Cursor, keyword: string | undefined, position: number): Node {
  switch (keyword) {
    case "if":
    case "with":
    case "range":
      return parseBranch(cursor, keyword, position);
    case "template":
      return parseCall(cursor, position);
    case "block":
      return parseBlock(cursor, position);
    case "break":
    case "continue":
      if (cursor.loops === 0) throw fail(cursor, position, `{{${keyword}}} outside of {{range}}`);
      closeAction(cursor, keyword);
      return { type: keyword, position };
    default: {
      const pipeline = parsePipeline(cursor, "}}", { maxVariables: 1 });
      return { type: "action", position, pipeline };
    }
  }
}

function parseBranch(cursor: Cursor, type: BranchNode["type"], position: number): BranchNode {
  return nested(cursor, position, () => {
    const scope = cursor.variables.length;
    const pipeline = parsePipeline(cursor, "}}", { maxVariables: type === "range" ? 2 : 1 });
    if (type === "range") cursor.loops++;
    const { nodes: body, ending } = parseList(cursor, { isTop: false });
    if (type === "range") cursor.loops--;
    const otherwise = ending.keyword === "else" ? parseElse(cursor, type, ending) : [];
    if (ending.keyword === "end") closeAction(cursor, "end");
    if (ending.keyword === "end of template") throw fail(cursor, position, `{{${type}}} has no {{end}}`);
    cursor.variables.length = scope;
    return { type, position, pipeline, body, otherwise };
  });
}

/** What follows `{{else`: the other branch, or `if …`, which shares the end of the first. */
function parseElse(cursor: Cursor, type: BranchNode["type"], ending: Ending): readonly Node[] {
  skipSpace(cursor);
  const keyword = takeKeyword(cursor);
  if (keyword !== undefined) {
    if (keyword !== type || type === "range") {
      throw fail(cursor, ending.position, `{{else ${keyword}}} in {{${type}}}`);
    }
    return [parseBranch(cursor, type, ending.position)];
  }
  closeAction(cursor, "else");
  const { nodes, ending: last } = parseList(cursor, { isTop: false });
  if (last.keyword !== "end") {
    throw fail(cursor, last.position, `{{${type}}} … {{else}} has no {{end}}`);
  }
  closeAction(cursor, "end");
  return nodes;
}

function parseDefine(cursor: Cursor, position: number): void {
  const name = takeText(cursor, "define");
  closeAction(cursor, "define");
  cursor.defined.set(name, parseBody(cursor, position, "define"));
}

function parseBlock(cursor: Cursor, position: number): Node {
  const name = takeText(cursor, "block");
  const pipeline = parsePipeline(cursor, "}}", { maxVariables: 1 });
  cursor.defined.set(name, parseBody(cursor, position, "block"));
  return { type: "call", position, name, pipeline };
}

/** A body of its own, which sees none of the variables around it. */
function parseBody(cursor: Cursor, position: number, keyword: string): readonly Node[] {
  return nested(cursor, position, () => {
    const { variables, loops } = cursor;
    cursor.variables = ["$"];
    cursor.loops = 0;
    const { nodes, ending } = parseList(cursor, { isTop: false });
    if (ending.keyword !== "end") throw fail(cursor, position, `{{${keyword}}} has no {{end}}`);
    closeAction(cursor, "end");
    cursor.variables = variables;
    cursor.loops = loops;
    return nodes;
  });
}

function parseCall(cursor: Cursor, position: number): Node {
  const name = takeText(cursor, "template");
  skipSpace(cursor);
  if (peek(cursor).type === "}}") {
    take(cursor);
    return { type: "call", position, name, pipeline: undefined };
  }
  return { type: "call", position, name, pipeline: parsePipeline(cursor, "}}", { maxVariables: 1 }) };
}

function takeText(cursor: Cursor, keyword: string): string {
  skipSpace(cursor);
  const token = take(cursor);
  if (token.type === "constant" && typeof token.value === "string") return token.value;
  throw fail(cursor, token.position, `{{${keyword}}} wants a name in quotes`);
}

function parsePipeline(
  cursor: Cursor,
  end: "}}" | ")",
  { maxVariables }: { readonly maxVariables: number },
): Pipeline {
  skipSpace(cursor);
  const position = peek(cursor).position;
  const { variables, isAssignment } = parseVariables(cursor, maxVariables);
  const commands: Command[] = [];
  for (;;) {
    commands.push(parseCommand(cursor, commands.length));
    const token = take(cursor);
    if (token.type === end) break;
    if (token.type !== "|") throw unexpected(cursor, token);
  }
  if (!isAssignment) cursor.variables.push(...variables);
  return { position, variables, isAssignment, commands };
}

function parseVariables(
  cursor: Cursor,
  maxVariables: number,
): { readonly variables: readonly string[]; readonly isAssignment: boolean } {
  const start = cursor.next;
  const variables: string[] = [];
  for (;;) {
    skipSpace(cursor);
    const token = take(cursor);
    if (token.type !== "variable") break;
    variables.push(token.text);
    skipSpace(cursor);
    const mark = take(cursor);
    if (mark.type === "," && variables.length < maxVariables) continue;
    if (mark.type === ",") throw fail(cursor, mark.position, "more variables than this can set");
    if (mark.type === "=") for (const name of variables) checkVariable(cursor, name, token.position);
    if (mark.type === ":=" || mark.type === "=") return { variables, isAssignment: mark.type === "=" };
    break;
  }
  if (variables.length > 1) throw fail(cursor, peek(cursor).position, "a , between values");
  cursor.next = start;
  return { variables: [], isAssignment: false };
}

function parseCommand(cursor: Cursor, stage: number): Command {
  skipSpace(cursor);
  const { position } = peek(cursor);
  const operands: Operand[] = [];
  for (;;) {
    const operand = parseOperand(cursor);
    if (!operand) break;
    operands.push(operand);
    const token = peek(cursor);
    if (token.type !== " ") break;
    skipSpace(cursor);
  }
  const first = operands[0];
  if (!first) throw fail(cursor, position, "a value is missing");
  const canRun = first.type !== "dot" && first.type !== "nil" && first.type !== "constant";
  if (!canRun && stage > 0) throw fail(cursor, position, "only a function or a field can stand after |");
  if (first.type === "nil") throw fail(cursor, position, "nil is no command");
  return { position, operands };
}

function parseOperand(cursor: Cursor): Operand | undefined {
  const token = peek(cursor);
  const term = parseTerm(cursor, token);
  if (!term) return undefined;
  const names: string[] = [];
  for (let field = peek(cursor); field.type === "field"; field = peek(cursor)) {
    names.push(field.text);
    take(cursor);
  }
  if (names.length === 0) return term;
  if (term.type === "field" || term.type === "variable") return { ...term, names: [...term.names, ...names] };
  if (term.type === "pipeline" || term.type === "function" || term.type === "chain") {
    return { type: "chain", position: token.position, operand: term, names };
  }
  throw fail(cursor, token.position, `.${names[0]} cannot be asked of this`);
}

function parseTerm(cursor: Cursor, token: Token): Operand | undefined {
  const { position } = token;
  switch (token.type) {
    case "constant":
      take(cursor);
      return { type: "constant", position, value: token.value };
    case "field":
      take(cursor);
      return { type: "field", position, names: [token.text] };
    case "variable":
      take(cursor);
      checkVariable(cursor, token.text, position);
      return { type: "variable", position, name: token.text, names: [] };
    case ".":
      take(cursor);
      return { type: "dot", position };
    case "word":
      take(cursor);
      return parseWord(cursor, token.text, position);
    case "(":
      take(cursor);
      return nested(cursor, position, () => {
        const pipeline = parsePipeline(cursor, ")", { maxVariables: 0 });
        return { type: "pipeline", position, pipeline };
      });
    default:
      return undefined;
  }
}

function parseWord(cursor: Cursor, word: string, position: number): Operand {
  if (word === "true" || word === "false") return { type: "constant", position, value: word === "true" };
  if (word === "nil") return { type: "nil", position };
  if (keywords.has(word)) throw fail(cursor, position, `${word} must begin an action`);
  if (!functionNames.has(word)) throw fail(cursor, position, `there is no function "${word}"`);
  return { type: "function", position, name: word };
}

function checkVariable(cursor: Cursor, name: string, position: number): void {
  if (!cursor.variables.includes(name)) throw fail(cursor, position, `the variable ${name} is not set`);
}

function nested<Result>(cursor: Cursor, position: number, parse: () => Result): Result {
  if (++cursor.nesting > maxNesting) throw fail(cursor, position, `nested deeper than ${maxNesting}`);
  const result = parse();
  cursor.nesting--;
  return result;
}

function closeAction(cursor: Cursor, keyword: string): void {
  skipSpace(cursor);
  const token = take(cursor);
  if (token.type !== "}}") throw fail(cursor, token.position, `nothing can follow ${keyword} here`);
}

function skipSpace(cursor: Cursor): void {
  while (peek(cursor).type === " ") take(cursor);
}

function peek({ source, tokens, next }: Cursor): Token {
  return tokens[next] ?? { type: "end of template", position: source.length };
}

function take(cursor: Cursor): Token {
  const token = peek(cursor);
  cursor.next++;
  return token;
}

function unexpected(cursor: Cursor, token: Token): Error {
  return fail(cursor, token.position, `${describe(token)} is unexpected here`);
}

function describe(token: Token): string {
  switch (token.type) {
    case "text":
      return "text";
    case "constant":
      return typeof token.value === "string" ? JSON.stringify(token.value) : String(token.value);
    case "field":
      return `.${token.text}`;
    case "variable":
    case "word":
      return token.text;
    default:
      return token.type satisfies Mark;
  }
}

function fail(cursor: Cursor, position: number, problem: string): Error {
  return templateError(cursor.source, position, problem);
}

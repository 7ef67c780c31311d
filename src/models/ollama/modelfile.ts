import { AppError } from "../../base/index.ts";
import type { JsonValue } from "../../contract/index.ts";
import type { ModelSettings } from "../record.ts";
import { isListParameter, parseParameterText } from "./parameters.ts";
import { checkSettings } from "./settings.ts";

const maxModelfileChars = 8 * 1024 * 1024;

export type Modelfile = {
  /** Model names or paths, in the order of their FROM lines; one at least. */
  readonly from: readonly string[];
  /** Paths. */
  readonly adapters: readonly string[];
  readonly settings: ModelSettings;
};

type Statement = { readonly name: string; readonly value: string; readonly line: number };

type Draft = {
  readonly from: string[];
  readonly adapters: string[];
  readonly messages: NonNullable<ModelSettings["messages"]>[number][];
  readonly licenses: string[];
  readonly parameters: Map<string, JsonValue>;
  template?: string;
  system?: string;
  hasRenderer: boolean;
};

/** Parses a Modelfile as Ollama does. Throws AppError invalid_request, with the line, where it is none. */
export function parseModelfile(text: string): Modelfile {
  if (text.length > maxModelfileChars) {
    const message = `the Modelfile has ${text.length} characters; ${maxModelfileChars} are the most`;
    throw new AppError("invalid_request", message);
  }
  const draft: Draft = {
    from: [],
    adapters: [],
    messages: [],
    licenses: [],
    parameters: new Map(),
    hasRenderer: false,
  };
  for (const statement of readStatements(text)) apply(draft, statement);
  if (draft.from.length === 0) throw new AppError("invalid_request", "the Modelfile has no FROM line");
  const { template, system, messages, licenses, parameters, hasRenderer } = draft;
  const settings = checkSettings({
    // With a renderer Ollama ignores the template; the model's file has its family's, in Jinja.
    ...(template !== undefined && !hasRenderer && { template }),
    ...(system !== undefined && { system }),
    messages,
    licenses,
    parameters: Object.fromEntries(parameters),
  });
  return { from: draft.from, adapters: draft.adapters, settings };
}

function apply(draft: Draft, { name, value, line }: Statement): void {
  switch (name) {
    case "from":
      if (value === "") throw wrong(line, "FROM needs a model or a file");
      draft.from.push(value);
      return;
    case "adapter":
      if (value === "") throw wrong(line, "ADAPTER needs a file");
      draft.adapters.push(value);
      return;
    case "template":
      draft.template = value;
      return;
    case "system":
      draft.system = value;
      return;
    case "license":
      draft.licenses.push(value);
      return;
    case "parameter":
      addParameter(draft, value, line);
      return;
    case "message":
      addMessage(draft, value, line);
      return;
    case "renderer":
      draft.hasRenderer = true;
      return;
    // Both are about Ollama: how it reads answers, which is the engine's part here, and its version.
    case "parser":
    case "requires":
      return;
    case "draft":
      throw wrong(line, "DRAFT models are not supported; take the line out");
    default:
      throw wrong(
        line,
        `"${name.toUpperCase()}" is no command; use FROM, PARAMETER, TEMPLATE, SYSTEM, ADAPTER, MESSAGE or LICENSE`,
      );
  }
}

function addParameter({ parameters }: Draft, value: string, line: number): void {
  const [name, text] = splitFirst(value);
  if (!/^\w+$/.test(name)) throw wrong(line, "PARAMETER needs a name and a value");
  const content = unquote(text) ?? text;
  const parsed = parseParameterText(name, content);
  const before = parameters.get(name);
  const isList = isListParameter(name);
  parameters.set(name, isList ? [...(Array.isArray(before) ? before : []), parsed] : parsed);
}

function addMessage({ messages }: Draft, value: string, line: number): void {
  const [role, text] = splitFirst(value);
  if (role !== "system" && role !== "user" && role !== "assistant") {
    throw wrong(line, "MESSAGE needs a role (system, user or assistant) and a text");
  }
  messages.push({ role, content: unquote(text) ?? text });
}

function splitFirst(value: string): readonly [string, string] {
  const [, first = "", rest = ""] = /^(\S*)(?:[ \t]+([\s\S]*))?$/.exec(value) ?? [];
  return [first, rest.trim()];
}

/** A value goes to the end of its line, or, where it opens with quotes, to the line that closes them. */
function* readStatements(text: string): Generator<Statement> {
  const lines = text.replace(/^\uFEFF/, "").split(/(\r\n|\r|\n)/);
  for (let index = 0; index < lines.length; index += 2) {
    const line = lines[index]?.trimStart() ?? "";
    if (line === "" || line.startsWith("#")) continue;
    const number = index / 2 + 1;
    const [, command = "", start = ""] = /^([A-Za-z]+)(?:[ \t]+([\s\S]*))?$/.exec(line) ?? [];
    if (command === "") throw wrong(number, `${JSON.stringify(line.slice(0, 40))} is no command`);
    const name = command.toLowerCase();
    const parts = [start];
    while (!isComplete(name, parts)) {
      if (index + 2 >= lines.length) throw wrong(number, `${command.toUpperCase()} has no closing quotes`);
      parts.push(lines[index + 1] ?? "", lines[index + 2] ?? "");
      index += 2;
    }
    const value = parts.join("").trim();
    const isWhole = name === "parameter" || name === "message";
    yield { name, value: isWhole ? value : (unquote(value) ?? value), line: number };
  }
}

/** Looks at the ends only: quotes count where a value begins and where a line ends. */
function isComplete(name: string, parts: readonly string[]): boolean {
  const first = parts[0] ?? "";
  const opening = name === "parameter" || name === "message" ? splitFirst(first)[1] : first;
  const isOneLine = parts.length === 1;
  const last = (parts.at(-1) ?? "").trimEnd();
  for (const quotes of ['"""', '"']) {
    if (!opening.startsWith(quotes)) continue;
    return last.endsWith(quotes) && (!isOneLine || opening.trimEnd().length >= 2 * quotes.length);
  }
  return true;
}

function unquote(value: string): string | undefined {
  for (const quotes of ['"""', '"']) {
    if (!value.startsWith(quotes)) continue;
    const isClosed = value.length >= 2 * quotes.length && value.endsWith(quotes);
    return isClosed ? value.slice(quotes.length, -quotes.length) : undefined;
  }
  return value;
}

function wrong(line: number, problem: string): AppError {
  return new AppError("invalid_request", `the Modelfile, line ${line}: ${problem}`);
}

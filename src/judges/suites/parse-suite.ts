/** From the text of a suite to the suite. Each error is an `invalid_request` that names file, place and value. */
import type { z } from "zod";
import { AppError, shortenText } from "../../base/index.ts";
import type { JsonObject, JsonValue, Message } from "../../contract/index.ts";
import { sayIssue } from "../say-issue.ts";
import { type Criteria, parseCriteria } from "../validation/criteria.ts";
import { locateYamlFault } from "./locate-yaml-fault.ts";
import { countAnswers, type Expectation, type Suite, type SuiteCase } from "./suite.ts";
import {
  type CaseFields,
  fieldsOf,
  maxAnswers,
  maxPromptCharacters,
  type SuiteFields,
  suiteSchema,
} from "./suite-schema.ts";

export const maxSuiteBytes = 64 * 2 ** 20;
/** YAML can repeat a value by name, and what is repeated can repeat others. */
const maxValues = 2_000_000;
const maxDepth = 64;
const maxShownCharacters = 100;
const maxShownIssues = 5;
const defaultMaxTokens = 1_024;
const defaultTimeoutMs = 120_000;
/** Repeated answers are to differ where they can; a single one is to be the same in each run. */
const repeatedTemperature = 0.7;

/** Parses YAML, or JSON, which is YAML too. */
export function parseSuite(text: string, file: string): Suite {
  const bytes = Buffer.byteLength(text);
  if (bytes > maxSuiteBytes) throw refuse(file, `${bytes} bytes; at most ${maxSuiteBytes} are possible`);
  return toSuite(parseText(text, file), file);
}

/** A suite out of a value that was parsed already, such as a part of a request. */
export function toSuite(value: unknown, file: string): Suite {
  requireSize(value, file);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw refuse(file, "expected name and cases; hearth judge --init FILE writes an example");
  }
  const parsed = suiteSchema.safeParse(value);
  if (!parsed.success) {
    const { issues } = parsed.error;
    throw refuse(file, describeIssues(issues, value), { place: toPlace(issues[0]?.path ?? []) });
  }
  const fields = parsed.data;
  const shared = fields.defaults.criteria;
  const usual = shared && readCriteria(shared, { file, path: "defaults.criteria" });
  const cases = fields.cases.map((entry, index) => {
    const path = `cases[${index}]`;
    const own = entry.criteria && { ...shared, ...entry.criteria };
    const criteria = own ? readCriteria(own, { file, path: `${path}.criteria` }) : usual;
    return toCase(entry, fields, { file, path, ...(criteria && { criteria }) });
  });
  requireNames(cases, file);
  const answers = countAnswers({ cases });
  if (answers > maxAnswers) {
    const message = `cases: ${answers} answers with all repetitions; at most ${maxAnswers} are possible`;
    throw refuse(file, message, { place: "cases" });
  }
  const { name, description, model, judge_model: judgeModel, seed, bar } = fields;
  return {
    name,
    ...(description !== undefined && { description }),
    ...(model !== undefined && { model }),
    ...(judgeModel !== undefined && { judgeModel }),
    ...(seed !== undefined && { seed }),
    bar: {
      passRate: bar.pass_rate,
      ...(bar.min_score !== undefined && { minScore: bar.min_score }),
      ...(bar.max_warnings !== undefined && { maxWarnings: bar.max_warnings }),
      maxUnjudged: bar.max_unjudged,
    },
    cases,
    source: value as JsonObject,
  };
}

function parseText(text: string, file: string): unknown {
  try {
    return file.toLowerCase().endsWith(".json") ? JSON.parse(text) : Bun.YAML.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const line = file.toLowerCase().endsWith(".json") ? undefined : locateYamlFault(text);
    const near = line === undefined ? "" : ` near line ${line}`;
    throw refuse(file, `it cannot be read${near}: ${reason}`, { cause });
  }
}

function requireSize(value: unknown, file: string): void {
  let values = 0;
  const visit = (item: unknown, depth: number): void => {
    if (typeof item !== "object" || item === null) return;
    values += 1;
    if (values > maxValues) throw refuse(file, `it has more than ${maxValues} values`);
    if (depth > maxDepth) throw refuse(file, `it is nested more than ${maxDepth} levels deep`);
    for (const child of Object.values(item)) visit(child, depth + 1);
  };
  visit(value, 0);
}

type CasePlace = Place & { readonly criteria?: Criteria };

function toCase(
  entry: CaseFields,
  { defaults }: SuiteFields,
  { file, path, criteria }: CasePlace,
): SuiteCase {
  const messages = toMessages(entry, entry.system ?? defaults.system, { file, path });
  const given = { ...defaults, ...entry };
  const { reference, response, expected_tool_calls: expectedCalls, repetitions = 1 } = given;
  if (response !== undefined && (entry.repetitions ?? 1) > 1) {
    const place = `${path}.repetitions`;
    throw refuse(file, `${place}: ${repetitions}, but there is one response; leave it out`, { place });
  }
  const isStored = response !== undefined;
  requireTools(entry, { file, path });
  return {
    name: entry.name,
    messages,
    prompt: messages.findLast(({ role }) => role === "user")?.content ?? "",
    context: entry.context,
    ...(reference !== undefined && { reference }),
    ...(isStored && { response }),
    calls: entry.tool_calls,
    ...(entry.expect && { expect: toExpectation(entry.expect) }),
    tools: entry.tools,
    ...(expectedCalls && { expectedCalls }),
    ...(criteria && { criteria }),
    repetitions: isStored ? 1 : repetitions,
    isClosed: entry.closed,
    temperature: given.temperature ?? (repetitions > 1 ? repeatedTemperature : 0),
    maxTokens: given.max_tokens ?? defaultMaxTokens,
    timeoutMs: given.timeout_ms ?? defaultTimeoutMs,
  };
}

type Place = { readonly file: string; readonly path: string };

function toMessages(
  entry: CaseFields,
  system: string | undefined,
  { file, path }: Place,
): readonly Message[] {
  const { prompt, messages = [] } = entry;
  if ((prompt === undefined) === (entry.messages === undefined)) {
    throw refuse(
      file,
      `${path}: expected either prompt or messages, ${prompt === undefined ? "and there is neither" : "and there are both"}`,
      { place: path },
    );
  }
  const turns: readonly Message[] =
    prompt === undefined ? messages.map(toMessage) : [{ role: "user", content: prompt }];
  const characters = turns.reduce((sum, { content }) => sum + content.length, 0);
  if (characters > maxPromptCharacters) {
    throw refuse(
      file,
      `${path}.messages: ${characters} characters; at most ${maxPromptCharacters} are possible`,
      { place: `${path}.messages` },
    );
  }
  const hasSystem = turns.some(({ role }) => role === "system");
  return system === undefined || hasSystem ? turns : [{ role: "system", content: system }, ...turns];
}

function toMessage(entry: NonNullable<CaseFields["messages"]>[number]): Message {
  const { role, content, tool_calls: calls, tool_call_id: toolCallId } = entry;
  const toText = (value: JsonValue) => (typeof value === "string" ? value : JSON.stringify(value));
  return {
    ...{ role, content },
    ...(calls && { toolCalls: calls.map((call) => ({ ...call, arguments: toText(call.arguments) })) }),
    ...(toolCallId !== undefined && { toolCallId }),
  };
}

function toExpectation(entry: NonNullable<CaseFields["expect"]>): Expectation {
  const { starts_with: startsWith, ends_with: endsWith, ignore_case: ignoresCase, ...others } = entry;
  return {
    ...others,
    ...(startsWith !== undefined && { startsWith }),
    ...(endsWith !== undefined && { endsWith }),
    ignoresCase,
  };
}

/** A call that the model has no tool for can never come. */
function requireTools(
  { tools, expected_tool_calls: expected = [], response }: CaseFields,
  place: Place,
): void {
  if (response !== undefined && tools.length === 0) return;
  const index = expected.findIndex(({ name }) => !tools.some((known) => known.name === name));
  if (index < 0) return;
  const at = `${place.path}.expected_tool_calls[${index}].name`;
  const name = shorten(expected[index]?.name ?? "");
  throw refuse(place.file, `${at}: "${name}" is none of the case's tools`, { place: at });
}

function requireNames(cases: readonly SuiteCase[], file: string): void {
  const places = new Map<string, number>();
  for (const [index, { name }] of cases.entries()) {
    const before = places.get(name);
    if (before !== undefined) {
      const place = `cases[${index}].name`;
      throw refuse(file, `${place}: "${shorten(name)}" is the name of cases[${before}] too`, { place });
    }
    places.set(name, index);
  }
}

/** Throws AppError invalid_request that names the file and the place in it. */
function readCriteria(criteria: JsonObject, { file, path }: Place): Criteria {
  try {
    return parseCriteria(criteria, path);
  } catch (error) {
    if (error instanceof AppError && error.code === "invalid_request")
      throw refuse(file, error.message, { place: path, cause: error });
    throw error;
  }
}

function describeIssues(issues: readonly z.core.$ZodIssue[], value: unknown): string {
  const lines = issues.slice(0, maxShownIssues).map((issue) => describeIssue(issue, value));
  const others = issues.length - lines.length;
  return [...lines, ...(others > 0 ? [`and ${others} more`] : [])].join("; ");
}

function describeIssue(issue: z.core.$ZodIssue, value: unknown): string {
  const place = issue.path.length === 0 ? "" : `${toPlace(issue.path)}: `;
  if (issue.code === "unrecognized_keys") {
    const keys = issue.keys.map((key) => `"${shorten(key)}"`).join(", ");
    const known = fieldsOf(issue.path);
    return `${place}there is no field ${keys}${known ? `; there are ${known.join(", ")}` : ""}`;
  }
  const given = issue.path.reduce<unknown>(
    (item, key) => (typeof item === "object" && item !== null ? Reflect.get(item, key) : undefined),
    value,
  );
  const isShort =
    given === null || typeof given === "number" || typeof given === "boolean" || typeof given === "string";
  return `${place}${sayIssue(issue)}${isShort ? `; given was ${shorten(JSON.stringify(given))}` : ""}`;
}

/** `cases[2].expect.json`, counted from 0. */
function toPlace(path: readonly PropertyKey[]): string {
  const text = path.map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`)).join("");
  return text.replace(/^\./, "");
}

function shorten(text: string): string {
  return shortenText(text, maxShownCharacters);
}

/** `place` is told to clients by itself too. */
function refuse(
  file: string,
  message: string,
  { place = "", cause }: { readonly place?: string; readonly cause?: unknown } = {},
): AppError {
  return new AppError("invalid_request", `${file}: ${message}`, {
    ...(cause !== undefined && { cause }),
    details: { param: place === "" ? file : `${file}.${place}` },
  });
}

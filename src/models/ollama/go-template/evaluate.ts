import { checkLength, measure } from "./bounded-text.ts";
import { callFunction, type FunctionContext } from "./functions.ts";
import {
  charsPerStep,
  itemsPerStep,
  maxDepth,
  maxOutputChars,
  maxSteps,
  maxTextChars,
  maxTextGrowth,
} from "./limits.ts";
import type { BranchNode, Command, Node, Operand, Pipeline, Template } from "./syntax.ts";
import { templateError } from "./template-error.ts";
import { describeType, type GoList, type GoObject, type GoValue, isTrue, printValue } from "./values.ts";

type Variable = { readonly name: string; value: GoValue };
type Flow = "on" | "break" | "continue";

type Run = {
  readonly template: Template;
  readonly context: FunctionContext;
  readonly output: string[];
  outputChars: number;
  steps: number;
  depth: number;
  /** Innermost last; the first is `$`. */
  variables: Variable[];
};

/**
 * Runs a template over a value and returns what it writes. Throws AppError invalid_request, with the place, where the
 * template asks for what is not there, or goes on for too long.
 */
export function evaluate(template: Template, data: GoValue, { now }: { readonly now: Date }): string {
  const run: Run = {
    template,
    context: { now, maxTextChars: maxTextChars + maxTextGrowth * measure(data) },
    output: [],
    outputChars: 0,
    steps: 0,
    depth: 0,
    variables: [{ name: "$", value: data }],
  };
  runList(run, template.root, data);
  return run.output.join("").toWellFormed();
}

function runList(run: Run, nodes: readonly Node[], dot: GoValue): Flow {
  const scope = run.variables.length;
  for (const node of nodes) {
    const flow = runNode(run, node, dot);
    if (flow !== "on") return flow;
  }
  run.variables.length = scope;
  return "on";
}

function runNode(run: Run, node: Node, dot: GoValue): Flow {
  spend(run, 1, node.position);
  switch (node.type) {
    case "text":
      write(run, node.text, node.position);
      return "on";
    case "action": {
      const value = runPipeline(run, node.pipeline, dot);
      if (node.pipeline.variables.length === 0) write(run, printValue(value), node.position);
      return "on";
    }
    case "if":
    case "with":
    case "range":
      return deeper(run, node.position, () => runBranch(run, node, dot));
    case "call":
      return deeper(run, node.position, () => callTemplate(run, node, dot));
    case "break":
    case "continue":
      return node.type;
    default:
      return node satisfies never;
  }
}

function deeper(run: Run, position: number, go: () => Flow): Flow {
  if (++run.depth > maxDepth) throw fail(run, position, `more than ${maxDepth} controls inside each other`);
  const scope = run.variables.length;
  const flow = go();
  run.variables.length = scope;
  run.depth--;
  return flow;
}

function callTemplate(run: Run, node: Node & { readonly type: "call" }, dot: GoValue): Flow {
  const body = run.template.defined.get(node.name);
  if (!body) throw fail(run, node.position, `there is no template "${node.name}"`);
  const data = node.pipeline ? runPipeline(run, node.pipeline, dot) : null;
  const { variables } = run;
  run.variables = [{ name: "$", value: data }];
  runList(run, body, data);
  run.variables = variables;
  return "on";
}

function runBranch(run: Run, node: BranchNode, dot: GoValue): Flow {
  if (node.type === "range") return runRange(run, node, dot);
  const value = runPipeline(run, node.pipeline, dot);
  const inner = node.type === "with" ? value : dot;
  return isTrue(value) ? runList(run, node.body, inner) : runList(run, node.otherwise, dot);
}

function runRange(run: Run, node: BranchNode, dot: GoValue): Flow {
  const { variables, isAssignment } = node.pipeline;
  const scope = run.variables.length;
  // The variables of a range are set for each turn, not by its pipeline.
  const value = runCommands(run, node.pipeline, dot);
  let isEmpty = true;
  for (const [key, entry] of entriesOf(run, value, node)) {
    isEmpty = false;
    spend(run, 1, node.position);
    const values = variables.length === 2 ? [key, entry] : [entry];
    for (const [index, name] of variables.entries()) {
      setVariable(run, name, values[index] ?? null, { isAssignment, position: node.position });
    }
    const flow = runList(run, node.body, entry);
    run.variables.length = scope;
    if (flow === "break") break;
  }
  return isEmpty ? runList(run, node.otherwise, dot) : "on";
}

function entriesOf(
  run: Run,
  value: GoValue,
  node: BranchNode,
): Iterable<readonly [key: GoValue, entry: GoValue]> {
  if (value === null) return [];
  if (typeof value === "bigint") {
    if (node.pipeline.variables.length > 1) {
      throw fail(run, node.position, "a range over a number sets one variable only");
    }
    return countTo(value);
  }
  if (typeof value === "object") {
    if (value.type === "list") return numbered(value.items);
    if (value.type === "map") return value.fields;
  }
  throw fail(run, node.position, `{{range}} cannot go over a value of type ${describeType(value)}`);
}

function* numbered(items: readonly GoValue[]): Generator<readonly [bigint, GoValue]> {
  for (const [index, item] of items.entries()) yield [BigInt(index), item];
}

function* countTo(end: bigint): Generator<readonly [bigint, bigint]> {
  for (let count = 0n; count < end; count++) yield [count, count];
}

function runPipeline(run: Run, pipeline: Pipeline, dot: GoValue): GoValue {
  const value = runCommands(run, pipeline, dot);
  for (const name of pipeline.variables) setVariable(run, name, value, pipeline);
  return value;
}

function runCommands(run: Run, { commands }: Pipeline, dot: GoValue): GoValue {
  let value: GoValue = null;
  for (const [stage, command] of commands.entries()) {
    value = runCommand(run, command, dot, stage === 0 ? [] : [value]);
  }
  return value;
}

function runCommand(run: Run, command: Command, dot: GoValue, piped: readonly GoValue[]): GoValue {
  const [first, ...rest] = command.operands;
  if (!first) throw fail(run, command.position, "a value is missing");
  if (first.type === "function") return callNamed(run, first, rest, dot, piped);
  if (rest.length + piped.length > 0) {
    throw fail(run, first.position, "only a function takes values, and this is none");
  }
  return evaluateOperand(run, first, dot);
}

function callNamed(
  run: Run,
  { name, position }: Operand & { readonly type: "function" },
  operands: readonly Operand[],
  dot: GoValue,
  piped: readonly GoValue[],
): GoValue {
  if (name === "and" || name === "or") return chooseOne(run, { name, position }, operands, dot, piped);
  const values = [...operands.map((operand) => evaluateOperand(run, operand, dot)), ...piped];
  return attempt(run, position, () => {
    spend(run, 1 + sizeOf(values), position);
    const result = callFunction(name, values, run.context);
    spend(run, sizeOf([result]), position);
    if (typeof result === "string") checkLength(result.length, run.context.maxTextChars);
    return result;
  });
}

/** `and` and `or` give the value that decides, and evaluate nothing behind it. */
function chooseOne(
  run: Run,
  { name, position }: { readonly name: "and" | "or"; readonly position: number },
  operands: readonly Operand[],
  dot: GoValue,
  piped: readonly GoValue[],
): GoValue {
  let value: GoValue | undefined;
  for (const operand of operands) {
    value = evaluateOperand(run, operand, dot);
    if (isTrue(value) === (name === "or")) return value;
  }
  const last = piped.length > 0 ? (piped[0] ?? null) : value;
  if (last === undefined) throw fail(run, position, `${name} needs a value`);
  return last;
}

function evaluateOperand(run: Run, operand: Operand, dot: GoValue): GoValue {
  spend(run, 1, operand.position);
  switch (operand.type) {
    case "dot":
      return dot;
    case "nil":
      return null;
    case "constant":
      return operand.value;
    case "field":
      return fieldsOf(run, dot, operand);
    case "variable":
      return fieldsOf(run, findVariable(run, operand).value, operand);
    case "function":
      return callNamed(run, operand, [], dot, []);
    case "chain":
      return fieldsOf(run, evaluateOperand(run, operand.operand, dot), operand);
    case "pipeline":
      return runPipeline(run, operand.pipeline, dot);
    default:
      return operand satisfies never;
  }
}

type Asking = { readonly position: number; readonly names: readonly string[] };

/** Fields of nil are nil where nil is what the asking starts from, and a mistake further on, as in Go. */
function fieldsOf(run: Run, start: GoValue, { position, names }: Asking): GoValue {
  if (start === null) return null;
  return names.reduce<GoValue>((value, name) => {
    spend(run, 1, position);
    if (typeof value !== "object" || value === null) {
      throw fail(run, position, `.${name} cannot be asked of a value of type ${describeType(value)}`);
    }
    const found = value.type === "list" ? listMethod(value, name) : fieldOf(run, value, name);
    if (found === undefined) throw fail(run, position, `${describeType(value)} has no field ${name}`);
    spend(run, sizeOf([found]), position);
    return found;
  }, start);
}

function listMethod({ print }: GoList, name: string): GoValue | undefined {
  return name === "String" ? print?.() : undefined;
}

function fieldOf(run: Run, object: GoObject, name: string): GoValue | undefined {
  const value = object.fields.get(name);
  if (value !== undefined) return value;
  if (name === "String" && object.print) return object.print();
  if (object.type === "map") return null;
  return name === "ToTypeScriptType" ? callFunction("toTypeScriptType", [object], run.context) : undefined;
}

function findVariable(run: Run, { name, position }: { name: string; position: number }): Variable {
  const variable = run.variables.findLast((entry) => entry.name === name);
  if (!variable) throw fail(run, position, `the variable ${name} is not set`);
  return variable;
}

function setVariable(
  run: Run,
  name: string,
  value: GoValue,
  { isAssignment, position }: { readonly isAssignment: boolean; readonly position: number },
): void {
  if (isAssignment) findVariable(run, { name, position }).value = value;
  else run.variables.push({ name, value });
}

function write(run: Run, text: string, position: number): void {
  run.outputChars += text.length;
  if (run.outputChars > maxOutputChars) {
    throw fail(run, position, `it writes more than ${maxOutputChars} characters`);
  }
  run.output.push(text);
}

function sizeOf(values: readonly GoValue[]): number {
  let size = 0;
  for (const value of values) {
    if (typeof value === "string") size += value.length / charsPerStep;
    else if (typeof value === "object" && value?.type === "list") size += value.items.length / itemsPerStep;
  }
  return size;
}

function spend(run: Run, steps: number, position: number): void {
  run.steps += steps;
  if (run.steps > maxSteps)
    throw fail(run, position, `it takes more than ${maxSteps} steps; it may never end`);
}

function attempt(run: Run, position: number, call: () => GoValue): GoValue {
  try {
    return call();
  } catch (error) {
    if (error instanceof Error && error.constructor === Error) throw fail(run, position, error.message);
    throw error;
  }
}

function fail(run: Run, position: number, problem: string): Error {
  return templateError(run.template.source, position, problem);
}

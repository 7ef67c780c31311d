import type { Node, Operand, Pipeline, Template } from "./syntax.ts";

/** Every field and variable that a template mentions, in lower case. */
export function listNames({ root, defined }: Template): ReadonlySet<string> {
  const names = new Set<string>();
  for (const nodes of [root, ...defined.values()]) for (const node of nodes) addNode(names, node);
  return names;
}

function addNode(names: Set<string>, node: Node): void {
  switch (node.type) {
    case "action":
    case "call":
      if (node.pipeline) addPipeline(names, node.pipeline);
      return;
    case "if":
    case "with":
    case "range":
      addPipeline(names, node.pipeline);
      for (const inner of [...node.body, ...node.otherwise]) addNode(names, inner);
      return;
    default:
  }
}

function addPipeline(names: Set<string>, { commands }: Pipeline): void {
  for (const { operands } of commands) for (const operand of operands) addOperand(names, operand);
}

function addOperand(names: Set<string>, operand: Operand): void {
  if (operand.type === "pipeline") addPipeline(names, operand.pipeline);
  if (operand.type === "chain") addOperand(names, operand.operand);
  if (operand.type === "field" || operand.type === "variable" || operand.type === "chain") {
    for (const name of operand.names) names.add(name.toLowerCase());
  }
}

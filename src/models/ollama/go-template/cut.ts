import type { BranchNode, Node, Operand, Pipeline } from "./syntax.ts";

/**
 * A template of one turn without what follows the place of its answer, for the turn that the model is to answer:
 * `A {{ .Response }} B` becomes `A {{ .Response }}`. A branch that only asks for `.Response` does not count.
 */
export function cutAfterResponse(nodes: readonly Node[]): readonly Node[] {
  return cutList(nodes).nodes;
}

type Cut = { readonly nodes: readonly Node[]; readonly isCut: boolean };

function cutList(nodes: readonly Node[]): Cut {
  const kept: Node[] = [];
  for (const node of nodes) {
    const { node: last, isCut } = cutNode(node);
    kept.push(last);
    if (isCut) return { nodes: kept, isCut };
  }
  return { nodes: kept, isCut: false };
}

function cutNode(node: Node): { readonly node: Node; readonly isCut: boolean } {
  switch (node.type) {
    case "action":
      return { node, isCut: hasResponse(node.pipeline) };
    case "if":
    case "with":
    case "range":
      return cutBranch(node);
    default:
      return { node, isCut: false };
  }
}

function cutBranch(node: BranchNode): { readonly node: Node; readonly isCut: boolean } {
  const body = cutList(node.body);
  if (body.isCut) return { node: { ...node, body: body.nodes, otherwise: [] }, isCut: true };
  const otherwise = cutList(node.otherwise);
  return { node: { ...node, otherwise: otherwise.nodes }, isCut: otherwise.isCut };
}

function hasResponse({ commands }: Pipeline): boolean {
  return commands.some(({ operands }) => operands.some(isResponse));
}

function isResponse(operand: Operand): boolean {
  switch (operand.type) {
    case "field":
    case "variable":
      return operand.names.includes("Response");
    case "chain":
      return isResponse(operand.operand);
    case "pipeline":
      return hasResponse(operand.pipeline);
    default:
      return false;
  }
}

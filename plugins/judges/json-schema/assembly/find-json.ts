import { inspect, Syntax } from "./json-syntax";

const fence = "```";

/** The JSON of an answer: all of it, or else what stands in its first fenced block of JSON. */
export class FoundJson {
  text: string;
  syntax: Syntax;

  constructor(response: string, allowFence: bool) {
    this.text = response;
    this.syntax = inspect(response);
    const isDone = this.syntax.isJson || this.syntax.isDeep || !allowFence;
    let block: string | null = null;
    if (!isDone) block = findBlock(response);
    if (block) {
      this.text = block;
      this.syntax = inspect(block);
    }
  }
}

/** Blocks are marked as json or not at all. */
function findBlock(response: string): string | null {
  let at = response.indexOf(fence);
  while (at >= 0) {
    const line = response.indexOf("\n", at);
    if (line < 0) return null;
    const end = response.indexOf(fence, line);
    const kind = response
      .substring(at + fence.length, line)
      .trim()
      .toLowerCase();
    if (kind == "json" || kind == "") return response.substring(line + 1, end < 0 ? response.length : end);
    if (end < 0) return null;
    at = response.indexOf(fence, end + fence.length);
  }
  return null;
}

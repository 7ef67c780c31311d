/** Keeps the last lines of a byte stream in bounded memory. */
export type LineRing = {
  push(chunk: Uint8Array): void;
  /** The kept lines joined by line feeds, an unfinished last line included. */
  text(): string;
};

export function createLineRing(limits: {
  readonly maxLines: number;
  readonly maxLineChars: number;
}): LineRing {
  const decoder = new TextDecoder();
  const lines: string[] = [];
  let unfinished = "";

  function keep(line: string): void {
    lines.push(line.slice(0, limits.maxLineChars));
    if (lines.length > limits.maxLines) lines.shift();
  }
  return {
    push(chunk) {
      const parts = (unfinished + decoder.decode(chunk, { stream: true })).split("\n");
      unfinished = (parts.pop() ?? "").slice(0, limits.maxLineChars);
      for (const part of parts) keep(part);
    },
    text() {
      return [...lines, ...(unfinished === "" ? [] : [unfinished])].slice(-limits.maxLines).join("\n");
    },
  };
}

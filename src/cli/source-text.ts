import type { ContextReceipt } from "../contract/index.ts";
import { oneLine } from "./table.ts";

/** Where the texts are from that an answer was given, one a line, and why there are fewer than there could be. */
export function formatSources({ citations, collections, reason }: ContextReceipt): string {
  const places = citations.map(({ index, source, filename = source, startLine, endLine, score }) => {
    const place = `${oneLine(filename)}:${startLine}-${endLine}`;
    return `[${index}] ${place}  ${score.toFixed(2)}\n`;
  });
  const from = collections.map(oneLine).join(", ");
  const head = places.length === 0 ? `nothing found in ${from}` : `from ${from}`;
  return `\n${head}${reason === undefined ? "" : `: ${oneLine(reason)}`}\n${places.join("")}`;
}

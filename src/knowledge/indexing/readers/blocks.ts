import type { Chunk } from "../../knowledge.ts";
import { cutLine } from "../chunking/cut-line.ts";
import { maxChunkChars } from "../chunking/split-lines.ts";

/** Text that stands together, with the place where it was found; `isHeading` begins a section. */
export type Block = Chunk & { readonly isHeading?: boolean };

/** Once a chunk has so many characters, the next block begins another one. */
const targetChars = 800;
/** A section with less than this is joined to the next. */
const crumbChars = 200;

/** Joins short blocks and cuts long ones; a heading begins a chunk unless the one before is a crumb. */
export function joinBlocks(blocks: readonly Block[]): Chunk[] {
  const chunks: Chunk[] = [];
  let open: Chunk | undefined;
  for (const block of blocks.flatMap(cutBlock)) {
    const length = open?.text.length ?? 0;
    const isFull = length >= targetChars || length + block.text.length + 2 > maxChunkChars;
    const isNext = open && (isFull || (block.isHeading === true && length >= crumbChars));
    if (open && isNext) chunks.push(open);
    const { text, startLine, endLine } = block;
    open =
      open && !isNext
        ? {
            text: `${open.text}\n\n${text}`,
            startLine: open.startLine,
            endLine: Math.max(open.endLine, endLine),
          }
        : { text, startLine, endLine };
  }
  if (open) chunks.push(open);
  return chunks;
}

function cutBlock(block: Block): readonly Block[] {
  if (block.text.length <= maxChunkChars) return [block];
  return cutLine(block.text, maxChunkChars).map((text) => ({ ...block, text, isHeading: false }));
}

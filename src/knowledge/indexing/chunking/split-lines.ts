/**
 * Cuts a text into chunks of whole lines: a part of the outline stays whole where it fits, small neighbours are joined,
 * and only what has no parts is cut at blank lines, then at any line, then inside a line.
 */
import type { Chunk } from "../../knowledge.ts";
import type { Pace } from "../pace.ts";
import { cutLine } from "./cut-line.ts";
import type { LineSpan, Lines } from "./lines.ts";
import { layTiles, type Outline, type Tile } from "./outline.ts";

/** Longest chunk in characters; neighbours are joined until one has `targetChars`. */
export const maxChunkChars = 1_600;
const targetChars = 800;
/** A piece as short as this is joined to a neighbour although the chunk grows to `looseChars`. */
const crumbChars = 200;
const looseChars = 2_000;
/** Levels that are gone down before lines alone decide; parts that are their parent's only one are no split. */
const maxDepth = 32;
const maxLoneParts = 16;

type Split = { readonly lines: Lines; readonly pace: Pace; readonly spans: LineSpan[] };

/** Chunks in the order of the text, that together hold every line that is not blank. */
export async function splitLines(lines: Lines, outline: Outline | undefined, pace: Pace): Promise<Chunk[]> {
  const split: Split = { lines, pace, spans: [] };
  const whole = { from: 1, to: lines.count };
  await splitSpan(split, { ...whole, ...(outline && { inner: outline }) }, 0);
  const chunks: Chunk[] = [];
  for (const span of split.spans) {
    if (pace.isDue()) await pace.rest();
    chunks.push(...toChunks(lines, span));
  }
  return chunks;
}

async function splitSpan(split: Split, tile: Tile, depth: number): Promise<void> {
  if (split.lines.size(tile) <= maxChunkChars) {
    split.spans.push(tile);
    return;
  }
  let tiles: readonly Tile[] = [tile];
  let inner = depth < maxDepth ? tile.inner : undefined;
  for (let lone = 0; inner && tiles.length <= 1 && lone < maxLoneParts; lone++) {
    if (split.pace.isDue()) await split.pace.rest();
    tiles = layTiles(tile, inner.children());
    inner = tiles[0]?.inner;
  }
  if (tiles.length > 1) await joinTiles(split, tiles, depth);
  else await joinTiles(split, layParagraphs(split.lines, tile), depth);
}

async function joinTiles(split: Split, tiles: Iterable<Tile>, depth: number): Promise<void> {
  const { lines, spans, pace } = split;
  const first = spans.length;
  let open: LineSpan | undefined;
  const close = () => {
    if (open) spans.push(open);
    open = undefined;
  };
  for (const tile of tiles) {
    if (pace.isDue()) await pace.rest();
    const joined: LineSpan = { from: open?.from ?? tile.from, to: tile.to };
    if (lines.size(tile) > maxChunkChars && tile.from < tile.to) {
      const isHead: boolean = open !== undefined && lines.size(open) <= crumbChars;
      if (!isHead) close();
      open = undefined;
      await splitSpan(split, isHead ? { ...tile, from: joined.from } : tile, depth + 1);
    } else if (!open || fitsOpen(lines, open, tile)) {
      open = joined;
    } else {
      close();
      open = { from: tile.from, to: tile.to };
    }
  }
  close();
  joinCrumb(lines, spans, first);
}

function fitsOpen(lines: Lines, open: LineSpan, tile: LineSpan): boolean {
  const size = lines.size({ from: open.from, to: tile.to });
  if (lines.size(tile) <= crumbChars || lines.size(open) <= crumbChars) return size <= looseChars;
  return size <= maxChunkChars && lines.size(open) < targetChars;
}

/** A last piece such as a closing brace goes to the one before it. */
function joinCrumb(lines: Lines, spans: LineSpan[], first: number): void {
  const last = spans.at(-1);
  const before = spans.at(-2);
  if (!last || !before || spans.length - first < 2 || lines.size(last) > crumbChars) return;
  if (lines.size({ from: before.from, to: last.to }) > looseChars) return;
  spans.splice(-2, 2, { from: before.from, to: last.to });
}

/** Paragraphs with the blank lines that follow them; one that is too long by its lines. */
function* layParagraphs(lines: Lines, { from, to }: LineSpan): Generator<Tile> {
  let start = from;
  for (let line = from; line <= to; line++) {
    const isEnd = line === to || (lines.isBlank(line) && !lines.isBlank(line + 1));
    if (!isEnd) continue;
    const span = { from: start, to: line };
    if (lines.size(span) <= maxChunkChars) yield span;
    else for (let each = start; each <= line; each++) yield { from: each, to: each };
    start = line + 1;
  }
}

function toChunks(lines: Lines, span: LineSpan): readonly Chunk[] {
  let { from, to } = span;
  while (from < to && lines.isBlank(from)) from++;
  while (to > from && lines.isBlank(to)) to--;
  const text = lines.slice({ from, to }).replaceAll("\r\n", "\n").trimEnd();
  if (text.trim() === "") return [];
  if (text.length <= looseChars) return [{ text, startLine: from, endLine: to }];
  return cutLine(text, maxChunkChars).map((piece) => ({ text: piece, startLine: from, endLine: to }));
}

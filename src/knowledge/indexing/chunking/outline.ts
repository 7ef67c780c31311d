import type { LineSpan } from "./lines.ts";

/** A part of a text that should stay whole where it fits, and the parts inside it where it does not. */
export type Outline = LineSpan & {
  /** Belongs to what follows it at once: a comment, an attribute. */
  readonly isLead?: boolean;
  /** In order; lines between them belong to none. */
  children(): Iterable<Outline>;
};

/** A run of lines, and the largest part in it. */
export type Tile = LineSpan & { readonly inner?: Outline };

/**
 * Covers the lines of `span` with tiles that begin where the parts do. Parts that share a line, and leads with what
 * follows them, make one tile; lines between parts go with the part before them.
 */
export function layTiles(span: LineSpan, parts: Iterable<Outline>): readonly Tile[] {
  const groups: { from: number; to: number; inner: Outline; isLead: boolean }[] = [];
  for (const part of parts) {
    if (part.to < span.from || part.from > span.to) continue;
    const last = groups.at(-1);
    if (last && (part.from <= last.to || (last.isLead && part.from === last.to + 1))) {
      last.to = Math.max(last.to, part.to);
      last.isLead = part.isLead ?? false;
      if (part.to - part.from >= last.inner.to - last.inner.from) last.inner = part;
    } else {
      groups.push({ from: part.from, to: part.to, inner: part, isLead: part.isLead ?? false });
    }
  }
  return groups.map(({ from, inner }, index) => ({
    from: index === 0 ? span.from : Math.max(from, span.from),
    to: Math.min(span.to, (groups[index + 1]?.from ?? span.to + 1) - 1),
    inner,
  }));
}

/** Share of a piece at whose end a space is looked for. */
const searchShare = 0.25;

/** Cuts a text without line ends into pieces of at most `maxChars`, at spaces where they are near. */
export function cutLine(text: string, maxChars: number): readonly string[] {
  const pieces: string[] = [];
  for (let from = 0; from < text.length; ) {
    const to = findCut(text, from, maxChars);
    const piece = text.slice(from, to).trim();
    if (piece !== "") pieces.push(piece);
    from = to;
  }
  return pieces;
}

function findCut(text: string, from: number, maxChars: number): number {
  const limit = from + maxChars;
  if (limit >= text.length) return text.length;
  const earliest = limit - Math.floor(maxChars * searchShare);
  for (let at = limit; at > earliest; at--) if (/\s/.test(text[at] ?? "")) return at;
  return isHighSurrogate(text.charCodeAt(limit - 1)) ? limit - 1 : limit;
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff;
}

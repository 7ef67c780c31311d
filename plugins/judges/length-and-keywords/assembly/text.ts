const maxQuoted = 120;

/** In quotes, cut where it is long, never within a pair of surrogates. */
export function quote(text: string): string {
  if (text.length <= maxQuoted) return '"' + text + '"';
  const end = isHigh(text.charCodeAt(maxQuoted - 1)) ? maxQuoted - 1 : maxQuoted;
  return '"' + text.substring(0, end) + '…"';
}

function isHigh(unit: i32): bool {
  return (unit & 0xfc00) == 0xd800;
}

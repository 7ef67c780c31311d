const maxQuoted = 120;

/** White space, and what has no width, is all there is. */
export function isBlank(text: string): bool {
  const trimmed = text.trim();
  for (let i = 0; i < trimmed.length; i++) {
    const unit = trimmed.charCodeAt(i);
    const isInvisible =
      (unit >= 0x200b && unit <= 0x200f) || unit == 0x2060 || unit == 0xfeff || unit == 0x85;
    if (!isInvisible && unit > 0x20 && !isSpace(unit)) return false;
  }
  return true;
}

/** In quotes, cut where it is long, never within a pair of surrogates. */
export function quote(text: string): string {
  if (text.length <= maxQuoted) return '"' + text + '"';
  const end = isHigh(text.charCodeAt(maxQuoted - 1)) ? maxQuoted - 1 : maxQuoted;
  return '"' + text.substring(0, end) + '…"';
}

function isSpace(unit: i32): bool {
  if (unit == 0xa0 || unit == 0x1680 || unit == 0x3000) return true;
  return (
    (unit >= 0x2000 && unit <= 0x200a) || unit == 0x2028 || unit == 0x2029 || unit == 0x202f || unit == 0x205f
  );
}

function isHigh(unit: i32): bool {
  return (unit & 0xfc00) == 0xd800;
}

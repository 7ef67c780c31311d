/** The start of a text, never within a surrogate pair. */
export function cutText(text: string, maxCharacters: number): string {
  if (text.length <= maxCharacters) return text;
  const last = text.charCodeAt(maxCharacters - 1);
  const isHalf = last >= 0xd800 && last <= 0xdbff;
  return text.slice(0, isHalf ? maxCharacters - 1 : maxCharacters);
}

/** As `cutText`, with `…` where something was left out. */
export function shortenText(text: string, maxCharacters: number): string {
  return text.length > maxCharacters ? `${cutText(text, maxCharacters)}…` : text;
}

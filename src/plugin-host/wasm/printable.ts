const maxCharacters = 100;

/** Text of a guest as a message may carry it: one line of ASCII, cut to 100 characters. */
export function printable(text: string): string {
  const clean = text.slice(0, maxCharacters).replace(/[^\x20-\x7e]/g, "?");
  return text.length > maxCharacters ? `${clean}...` : clean;
}

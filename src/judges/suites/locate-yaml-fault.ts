/** Longer texts are not searched: each try reads a part of the text. */
const maxCharacters = 65_536;

/**
 * The line, from 1, where YAML that cannot be read goes wrong. Bun's parser tells none, but a text that is cut before
 * its fault can be read: the fault follows the longest beginning that can. Undefined where the text is too long.
 */
export function locateYamlFault(text: string): number | undefined {
  if (text.length > maxCharacters) return undefined;
  const lines = text.split("\n");
  const canRead = (count: number) => {
    try {
      Bun.YAML.parse(lines.slice(0, count).join("\n"));
      return true;
    } catch {
      return false;
    }
  };
  // From the end in long steps, then line by line: a beginning may also end within something that is right.
  const step = Math.ceil(Math.sqrt(lines.length));
  let readable = lines.length - step;
  while (readable > 0 && !canRead(readable)) readable -= step;
  for (let count = Math.min(lines.length, readable + 2 * step); count > readable; count -= 1) {
    if (count > 0 && canRead(count)) return count + 1;
  }
  return Math.max(0, readable) + 1;
}

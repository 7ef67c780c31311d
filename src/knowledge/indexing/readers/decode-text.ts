/** Bytes that are looked at for what no text holds. */
const sniffBytes = 8_192;
/** Of a text in an unknown encoding, the share of characters that may not be UTF-8. */
const maxStrayShare = 0.05;
const replacement = "\ufffd";

/** The text of a file, or undefined where its bytes are none: NUL bytes, or too much that is no UTF-8. */
export function decodeText(bytes: Uint8Array, charset?: string): string | undefined {
  const marked = findMark(bytes);
  if (marked) return decode(bytes, marked);
  if (bytes.subarray(0, sniffBytes).includes(0) || bytes.includes(0)) return undefined;
  if (charset !== undefined && isKnown(charset)) return decode(bytes, charset);
  const text = decode(bytes, "utf-8");
  const stray = countStray(text);
  if (stray === 0) return text;
  // What is left of old western text files; it reads every byte, so it comes last.
  return stray <= text.length * maxStrayShare ? decode(bytes, "windows-1252") : undefined;
}

function findMark(bytes: Uint8Array): string | undefined {
  const [first, second, third] = bytes;
  if (first === 0xff && second === 0xfe) return "utf-16le";
  if (first === 0xfe && second === 0xff) return "utf-16be";
  return first === 0xef && second === 0xbb && third === 0xbf ? "utf-8" : undefined;
}

function decode(bytes: Uint8Array, encoding: string): string {
  return new TextDecoder(encoding as "utf-8").decode(bytes);
}

function isKnown(charset: string): boolean {
  try {
    return new TextDecoder(charset as "utf-8").encoding !== "";
  } catch {
    return false;
  }
}

function countStray(text: string): number {
  let count = 0;
  for (let at = text.indexOf(replacement); at >= 0; at = text.indexOf(replacement, at + 1)) count++;
  return count;
}

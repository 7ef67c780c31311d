import type { GoValue } from "./values.ts";

/** A number, a truth value, or the punctuation around an entry, at the most. */
const charsPerValue = 32;

/** About how many characters a value has when it is printed, not counting what JSON escapes. */
export function measure(value: GoValue): number {
  if (typeof value === "string") return charsPerValue + value.length;
  if (typeof value !== "object" || value === null) return charsPerValue;
  let chars = charsPerValue;
  if (value.type === "list") {
    for (const item of value.items) chars += measure(item);
    return chars;
  }
  for (const [name, field] of value.fields) chars += name.length + measure(field);
  const counted = new Set(value.fields.values());
  for (const [name, field] of value.json ?? [])
    chars += name.length + (counted.has(field) ? 0 : measure(field));
  return chars;
}

/** Throws Error where a text is too long. */
export function checkLength(chars: number, maxChars: number): void {
  if (chars > maxChars) throw new Error(`it makes a text of more than ${maxChars} characters`);
}

/** Puts texts together that are made one by one, and makes no more of them than fit. */
export function joinBounded(texts: Iterable<string>, maxChars: number): string {
  const parts: string[] = [];
  let chars = 0;
  for (const text of texts) {
    chars += text.length;
    checkLength(chars, maxChars);
    parts.push(text);
  }
  return parts.join("");
}

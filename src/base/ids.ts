/** A prefixed random id such as `chatcmpl-3f…`: 96 random bits, URL-safe. */
export function createId(prefix: string): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return `${prefix}-${Buffer.from(bytes).toString("hex")}`;
}

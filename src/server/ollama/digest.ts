/** As Ollama's clients write it, in a path or a body. */
export const digestPattern = /^sha256[:-][0-9a-f]{64}$/;

export function toDigest(text: string): string {
  return text.replace("-", ":");
}

import { PluginFailure } from "../failure.ts";

const [quote, backslash, openBrace, closeBrace, openBracket, closeBracket] = [
  0x22, 0x5c, 0x7b, 0x7d, 0x5b, 0x5d,
];

/** Text of an output that is to be JSON, once it is certain that parsing it cannot exhaust a stack. */
export function decodeOutput(bytes: Uint8Array, maxDepth: number): string {
  if (isTooDeep(bytes, maxDepth)) {
    throw new PluginFailure("output_not_json", `its output is nested more than ${maxDepth} levels deep`);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new PluginFailure("output_not_utf8", "its output is not UTF-8", { cause });
  }
}

/** Brackets outside strings, counted in bytes: those of JSON are ASCII, which UTF-8 uses for nothing else. */
function isTooDeep(bytes: Uint8Array, maxDepth: number): boolean {
  let depth = 0;
  let inString = false;
  for (let index = 0; index < bytes.byteLength; index += 1) {
    const byte = bytes[index];
    if (inString) {
      if (byte === backslash) index += 1;
      else if (byte === quote) inString = false;
    } else if (byte === quote) inString = true;
    else if (byte === openBrace || byte === openBracket) {
      depth += 1;
      if (depth > maxDepth) return true;
    } else if (byte === closeBrace || byte === closeBracket) depth -= 1;
  }
  return false;
}

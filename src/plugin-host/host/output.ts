import { PluginFailure } from "../failure.ts";

const [quote, backslash, comma, openBrace, closeBrace, openBracket, closeBracket] = [
  0x22, 0x5c, 0x2c, 0x7b, 0x7d, 0x5b, 0x5d,
];

export type JsonBounds = { readonly maxDepth: number; readonly maxValues: number };

/** Text of an output that is to be JSON, once it is certain that parsing it exhausts no stack and takes little time. */
export function decodeOutput(bytes: Uint8Array, { maxDepth, maxValues }: JsonBounds): string {
  const { depth, values } = measure(bytes);
  if (depth > maxDepth) {
    throw new PluginFailure("output_not_json", `its output is nested more than ${maxDepth} levels deep`);
  }
  if (values > maxValues) {
    throw new PluginFailure("output_too_large", `its output has more than ${maxValues} values`);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new PluginFailure("output_not_utf8", "its output is not UTF-8", { cause });
  }
}

/** What is outside strings, counted in bytes: brackets and commas of JSON are ASCII, which UTF-8 uses for nothing else. */
function measure(bytes: Uint8Array): { readonly depth: number; readonly values: number } {
  let open = 0;
  let depth = 0;
  let values = 0;
  let inString = false;
  for (let index = 0; index < bytes.byteLength; index += 1) {
    const byte = bytes[index];
    if (inString) {
      if (byte === backslash) index += 1;
      else if (byte === quote) inString = false;
    } else if (byte === quote) inString = true;
    else if (byte === comma) values += 1;
    else if (byte === openBrace || byte === openBracket) {
      values += 1;
      open += 1;
      if (open > depth) depth = open;
    } else if (byte === closeBrace || byte === closeBracket) open -= 1;
  }
  return { depth, values };
}

import { Json } from "hearth-sdk";

const maxTokenUnits = 200;

/** A step of a JSON pointer (RFC 6901). */
export function escapeToken(key: string): string {
  const short = key.length > maxTokenUnits ? key.substring(0, maxTokenUnits) + "…" : key;
  return short.replaceAll("~", "~0").replaceAll("/", "~1");
}

/** What a `$ref` such as `#/$defs/address` points at; it does not exist where the pointer leads nowhere. */
export function resolveRef(root: Json, ref: string): Json {
  let found = root;
  if (ref == "#") return found;
  const tokens = ref.split("/");
  for (let i = 1; i < tokens.length; i++) {
    const token = decodePercent(tokens[i]).replaceAll("~1", "/").replaceAll("~0", "~");
    if (found.isArray) found = found.at(toIndex(token));
    else found = found.get(token);
  }
  return found;
}

function toIndex(token: string): i32 {
  if (token.length == 0 || token.length > 9) return -1;
  for (let i = 0; i < token.length; i++) {
    if (token.charCodeAt(i) < 0x30 || token.charCodeAt(i) > 0x39) return -1;
  }
  return <i32>parseInt(token, 10);
}

/** Of ASCII; other keys stand in pointers as they are. */
function decodePercent(token: string): string {
  let decoded = "";
  let from = 0;
  for (let i = 0; i + 2 < token.length; i++) {
    if (token.charCodeAt(i) != 0x25) continue;
    const value = parseInt(token.substring(i + 1, i + 3), 16);
    if (isNaN(value) || value >= 0x80) continue;
    decoded += token.substring(from, i) + String.fromCharCode(<i32>value);
    from = i + 3;
    i += 2;
  }
  return decoded + token.substring(from);
}

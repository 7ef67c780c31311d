import { bytesOf, TextBuilder } from "hearth-sdk";

const hexDigits = "0123456789ABCDEF";

/** Percent-encoded UTF-8 for one segment of a path or one value of a query: nothing but RFC 3986 unreserved is left. */
export function encode(text: string): string {
  const bytes = Uint8Array.wrap(bytesOf(text));
  const encoded = new TextBuilder();
  for (let i = 0; i < bytes.length; i++) {
    const byte = <i32>bytes[i];
    const isMark = byte == 0x2d || byte == 0x2e || byte == 0x5f || byte == 0x7e;
    if (isMark || isAlphanumeric(byte)) encoded.add(String.fromCharCode(byte));
    else
      encoded
        .add("%")
        .add(hexDigits.charAt(byte >> 4))
        .add(hexDigits.charAt(byte & 15));
  }
  return encoded.toString();
}

/** `owner/name` and nothing that could lead to another path of the API. */
export function isRepositoryName(text: string): bool {
  const parts = text.split("/");
  return parts.length == 2 && isName(parts[0]) && isName(parts[1]) && !text.includes("..");
}

function isName(text: string): bool {
  if (text.length == 0 || text.length > 100 || text == ".") return false;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (!isAlphanumeric(unit) && unit != 0x2d && unit != 0x2e && unit != 0x5f) return false;
  }
  return true;
}

/** The path of a file, each segment encoded; empty where it has an empty segment, `.` or `..`. */
export function encodePath(path: string): string {
  const segments = path.split("/");
  const encoded = new TextBuilder();
  for (let i = 0; i < segments.length; i++) {
    const segment = segments[i];
    if (segment == "" || segment == "." || segment == "..") return "";
    encoded.add(i == 0 ? "" : "/").add(encode(segment));
  }
  return encoded.toString();
}

/** Text of others as one line of at most `maxUnits`, without characters that control a terminal or the direction. */
export function line(text: string, maxUnits: i32): string {
  const shown = new TextBuilder();
  const length = min(text.length, maxUnits);
  for (let i = 0; i < length; i++) {
    const unit = text.charCodeAt(i);
    // Half of a pair that the cut would leave.
    if (i == maxUnits - 1 && (unit & 0xfc00) == 0xd800) break;
    shown.add(isControl(unit) ? " " : text.charAt(i));
  }
  return shown.toString().trim() + (text.length > maxUnits ? "…" : "");
}

function isControl(unit: i32): bool {
  if (unit < 0x20 || (unit >= 0x7f && unit <= 0x9f)) return true;
  return (
    (unit >= 0x200b && unit <= 0x200f) ||
    (unit >= 0x2028 && unit <= 0x202e) ||
    (unit >= 0x2060 && unit <= 0x206f)
  );
}

function isAlphanumeric(unit: i32): bool {
  const letter = unit | 0x20;
  return (unit >= 0x30 && unit <= 0x39) || (letter >= 0x61 && letter <= 0x7a);
}

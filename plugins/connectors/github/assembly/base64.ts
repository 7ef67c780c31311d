/** The bytes, or null where it is no base64 of RFC 4648 with padding; line breaks are skipped. */
export function decodeBase64(text: string): ArrayBuffer | null {
  const bytes = new Uint8Array((text.length / 4) * 3 + 3);
  let length = 0;
  let group: u32 = 0;
  let digits = 0;
  let padding = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit == 0x0a || unit == 0x0d) continue;
    const isPadding = unit == 0x3d;
    const value = isPadding ? 0 : sextetOf(unit);
    if (value < 0 || (padding > 0 && !isPadding)) return null;
    if (isPadding) padding++;
    group = (group << 6) | value;
    if (++digits < 4) continue;
    for (let shift = 16; shift >= 0; shift -= 8) bytes[length++] = <u8>(group >> shift);
    digits = 0;
    group = 0;
  }
  if (digits != 0 || padding > 2) return null;
  return bytes.buffer.slice(0, length - padding);
}

/** -1 where it is no digit. */
function sextetOf(unit: i32): i32 {
  if (unit >= 0x41 && unit <= 0x5a) return unit - 0x41;
  if (unit >= 0x61 && unit <= 0x7a) return unit - 0x61 + 26;
  if (unit >= 0x30 && unit <= 0x39) return unit - 0x30 + 52;
  if (unit == 0x2b) return 62;
  return unit == 0x2f ? 63 : -1;
}

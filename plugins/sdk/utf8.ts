// UTF-8 as WHATWG's encoding standard has it. A half of a surrogate pair has no UTF-8 and becomes U+FFFD.

/** A buffer that grows by doubling; one of them is reused for all that a plugin writes. */
export class Utf8Writer {
  private bytes: ArrayBuffer = new ArrayBuffer(512);
  private capacity: usize = 512;
  length: usize = 0;

  get start(): usize {
    return changetype<usize>(this.bytes);
  }

  clear(): this {
    this.length = 0;
    return this;
  }

  /** Where `count` more bytes may be written; add what was written to `length`. */
  reserve(count: usize): usize {
    const needed = this.length + count;
    if (needed > this.capacity) {
      let capacity = this.capacity * 2;
      while (capacity < needed) capacity *= 2;
      const bytes = new ArrayBuffer(<i32>capacity);
      memory.copy(changetype<usize>(bytes), this.start, this.length);
      this.bytes = bytes;
      this.capacity = capacity;
    }
    return this.start + this.length;
  }

  byte(value: u32): void {
    store<u8>(this.reserve(1), value);
    this.length++;
  }

  text(text: string): this {
    this.length += encodeText(text, this.reserve(<usize>text.length * 3));
    return this;
  }

  copy(): ArrayBuffer {
    const bytes = new ArrayBuffer(<i32>this.length);
    memory.copy(changetype<usize>(bytes), this.start, this.length);
    return bytes;
  }
}

export const writer: Utf8Writer = new Utf8Writer();

/** Whether it is half of a pair; a code point of a whole pair is above 0xffff. */
export function isSurrogate(code: u32): bool {
  return (code & 0xfffff800) == 0xd800;
}

/** The code point at unit `i`, or the lone half that stands there. */
export function codePointAt(from: usize, i: usize, units: usize): u32 {
  const unit = <u32>load<u16>(from + (i << 1));
  if ((unit & 0xfc00) != 0xd800 || i + 1 >= units) return unit;
  const low = <u32>load<u16>(from + (i << 1), 2);
  if ((low & 0xfc00) != 0xdc00) return unit;
  return 0x10000 + ((unit & 0x3ff) << 10) + (low & 0x3ff);
}

/** Writes one code point that is not ASCII and gives the place behind it. */
export function encode(at: usize, code: u32): usize {
  if (code < 0x800) {
    store<u8>(at, 0xc0 | (code >> 6));
    store<u8>(at, 0x80 | (code & 0x3f), 1);
    return at + 2;
  }
  if (code < 0x10000) {
    store<u8>(at, 0xe0 | (code >> 12));
    store<u8>(at, 0x80 | ((code >> 6) & 0x3f), 1);
    store<u8>(at, 0x80 | (code & 0x3f), 2);
    return at + 3;
  }
  store<u8>(at, 0xf0 | (code >> 18));
  store<u8>(at, 0x80 | ((code >> 12) & 0x3f), 1);
  store<u8>(at, 0x80 | ((code >> 6) & 0x3f), 2);
  store<u8>(at, 0x80 | (code & 0x3f), 3);
  return at + 4;
}

/** The bytes that the last `decode` took. */
export let decodedBytes: usize = 0;

/** The code point at `at`, where a byte of 0x80 or more stands; -1 where it is not UTF-8. Sets `decodedBytes`. */
export function decode(at: usize, end: usize): i32 {
  const first = <u32>load<u8>(at);
  let count: usize = 0;
  let code: u32 = 0;
  let least: u32 = 0x80;
  if (first >= 0xc2 && first < 0xe0) {
    count = 1;
    code = first & 0x1f;
  } else if ((first & 0xf0) == 0xe0) {
    count = 2;
    code = first & 0x0f;
    least = 0x800;
  } else if (first >= 0xf0 && first < 0xf5) {
    count = 3;
    code = first & 0x07;
    least = 0x10000;
  }
  decodedBytes = 1;
  if (count == 0) return -1;
  for (let i: usize = 1; i <= count; i++) {
    const next = at + i < end ? <u32>load<u8>(at + i) : 0;
    if ((next & 0xc0) != 0x80) return -1;
    code = (code << 6) | (next & 0x3f);
  }
  if (code < least || code > 0x10ffff || isSurrogate(code)) return -1;
  decodedBytes = count + 1;
  return <i32>code;
}

/** Writes a code point as UTF-16 and gives the place behind it. */
export function storeUtf16(at: usize, code: u32): usize {
  if (code < 0x10000) {
    store<u16>(at, code);
    return at + 2;
  }
  store<u16>(at, 0xd800 + ((code - 0x10000) >> 10));
  store<u16>(at, 0xdc00 + (code & 0x3ff), 2);
  return at + 4;
}

/** Text of bytes; bytes that are not UTF-8 become U+FFFD. */
export function textOf(bytes: ArrayBuffer): string {
  const start = changetype<usize>(bytes);
  const end = start + <usize>bytes.byteLength;
  let units: usize = 0;
  for (let at = start; at < end; ) {
    if (load<u8>(at) < 0x80) {
      units++;
      at++;
    } else {
      units += decode(at, end) > 0xffff ? 2 : 1;
      at += decodedBytes;
    }
  }
  const text = makeString(units);
  let to = changetype<usize>(text);
  for (let at = start; at < end; ) {
    const byte = <u32>load<u8>(at);
    if (byte < 0x80) {
      store<u16>(to, byte);
      to += 2;
      at++;
    } else {
      const code = decode(at, end);
      to = storeUtf16(to, code < 0 ? 0xfffd : <u32>code);
      at += decodedBytes;
    }
  }
  return text;
}

/** A string of so many units to be filled by whoever asked for it. */
export function makeString(units: usize): string {
  if (units == 0) return "";
  return changetype<string>(__new(units << 1, idof<string>()));
}

/** Measures first: nothing is freed in a call, and three bytes for each unit would be too much of a large text. */
export function bytesOf(text: string): ArrayBuffer {
  const units = <usize>text.length;
  const from = changetype<usize>(text);
  let length: i32 = 0;
  for (let i: usize = 0; i < units; i++) {
    const code = codePointAt(from, i, units);
    if (code > 0xffff) i++;
    length += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  const bytes = new ArrayBuffer(length);
  encodeText(text, changetype<usize>(bytes));
  return bytes;
}

/** Gives the count of bytes that were written, at most three for each unit. */
function encodeText(text: string, to: usize): usize {
  const units = <usize>text.length;
  const from = changetype<usize>(text);
  let at = to;
  for (let i: usize = 0; i < units; i++) {
    const unit = <u32>load<u16>(from + (i << 1));
    if (unit < 0x80) {
      store<u8>(at++, unit);
    } else {
      const code = codePointAt(from, i, units);
      if (code > 0xffff) i++;
      at = encode(at, isSurrogate(code) ? 0xfffd : code);
    }
  }
  return at - to;
}

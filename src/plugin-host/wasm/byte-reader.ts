import { PluginFailure } from "../failure.ts";

const maxNameBytes = 4_096;
const names = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The failure for bytes that are no WebAssembly module; `found` says what is wrong with them. */
export function invalidModule(found: string): PluginFailure {
  return new PluginFailure("module_invalid", `the file is no WebAssembly module, or a damaged one: ${found}`);
}

/**
 * Reads the primitives of the binary format within a range of bytes. Everything is checked against the end of
 * the range before it is read; what does not fit is PluginFailure module_invalid.
 */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  #position: number;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#position = start;
    this.#end = end;
  }

  get position(): number {
    return this.#position;
  }

  get remaining(): number {
    return this.#end - this.#position;
  }

  readByte(): number {
    const byte = this.peekByte();
    if (byte === undefined) throw this.#endedEarly();
    this.#position += 1;
    return byte;
  }

  peekByte(): number | undefined {
    return this.#position < this.#end ? this.#bytes[this.#position] : undefined;
  }

  /** Unsigned LEB128 of at most 32 bits. */
  readU32(): number {
    let value = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.readByte();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    const last = this.readByte();
    if (last > 0x0f)
      throw invalidModule(`a number at byte ${this.#position - 5} does not end within 32 bits`);
    return value + last * 2 ** 28;
  }

  /** Signed LEB128 of at most 33 bits: heap types. */
  readS33(): number {
    let value = 0;
    for (let index = 0; index < 5; index += 1) {
      const byte = this.readByte();
      value += (byte & 0x7f) * 2 ** (7 * index);
      if (byte >= 0x80) continue;
      return (byte & 0x40) === 0 ? value : value - 2 ** (7 * (index + 1));
    }
    throw invalidModule(`a number at byte ${this.#position - 5} does not end within 33 bits`);
  }

  /** LEB128 whose value does not matter. */
  skipLeb(maxBytes: number): void {
    for (let index = 0; index < maxBytes; index += 1) {
      if (this.readByte() < 0x80) return;
    }
    throw invalidModule(`a number before byte ${this.#position} is longer than ${maxBytes} bytes`);
  }

  skip(count: number): void {
    if (count > this.remaining) throw this.#endedEarly();
    this.#position += count;
  }

  /** A view, not a copy. */
  readBytes(count: number): Uint8Array {
    if (count > this.remaining) throw this.#endedEarly();
    const start = this.#position;
    this.#position += count;
    return this.#bytes.subarray(start, this.#position);
  }

  /** A reader of the next bytes alone, which this one passes over. */
  readRange(count: number): ByteReader {
    if (count > this.remaining) throw this.#endedEarly();
    const start = this.#position;
    this.#position += count;
    return new ByteReader(this.#bytes, start, this.#position);
  }

  /** The bytes from `start` to where this reader stands; a view. */
  since(start: number): Uint8Array {
    return this.#bytes.subarray(start, this.#position);
  }

  readName(): string {
    const length = this.readU32();
    if (length > maxNameBytes) {
      throw new PluginFailure(
        "module_too_large",
        `a name in the module has ${length} bytes; at most ${maxNameBytes} are allowed`,
      );
    }
    const bytes = this.readBytes(length);
    try {
      return names.decode(bytes);
    } catch (cause) {
      const start = this.#position - length;
      throw new PluginFailure(
        "module_invalid",
        invalidModule(`the name at byte ${start} is not UTF-8`).message,
        {
          cause,
        },
      );
    }
  }

  /** Checks that the range was read to its end. */
  expectEnd(what: string): void {
    if (this.remaining > 0) throw invalidModule(`${what} ends ${this.remaining} bytes early`);
  }

  #endedEarly(): PluginFailure {
    return invalidModule(`it breaks off, or a length in it is wrong, at byte ${this.#position}`);
  }
}

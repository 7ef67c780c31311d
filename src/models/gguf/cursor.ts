import { AppError } from "../../base/index.ts";
import type { ByteSource } from "./byte-source.ts";
import { maxFound, skipTextRun, type TextRun } from "./text-run.ts";

const windowBytes = 256 * 1024;
/** High half of a 64-bit count from which it is no safe integer. */
const unsafeHighWord = 0x20_0000;
const highWord = 2 ** 32;

/** Reads numbers and strings in file order through a small window, never past the end of the file. */
export class Cursor {
  readonly #source: ByteSource;
  readonly #maxPosition: number;
  readonly #decoder = new TextDecoder();
  #bytes: Uint8Array = new Uint8Array(0);
  #view: DataView = new DataView(new ArrayBuffer(0));
  #windowStart = 0;
  #position = 0;
  isLittleEndian = true;

  constructor(source: ByteSource, limits: { readonly maxHeaderBytes: number }) {
    this.#source = source;
    this.#maxPosition = Math.min(source.sizeBytes, limits.maxHeaderBytes);
  }

  get position(): number {
    return this.#position;
  }

  /** An error that says where the file went wrong. */
  malformed(reason: string): AppError {
    return new AppError(
      "model_load_failed",
      `${this.#source.name} is not a usable GGUF file: ${reason} (at byte ${this.#position}); download it again or take another file`,
    );
  }

  skip(length: number): void {
    if (length > this.#maxPosition - this.#position) throw this.#pastEnd(length);
    this.#position += length;
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  i8(): number {
    return this.#view.getInt8(this.#take(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2), this.isLittleEndian);
  }

  i16(): number {
    return this.#view.getInt16(this.#take(2), this.isLittleEndian);
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), this.isLittleEndian);
  }

  i32(): number {
    return this.#view.getInt32(this.#take(4), this.isLittleEndian);
  }

  f32(): number {
    return this.#view.getFloat32(this.#take(4), this.isLittleEndian);
  }

  f64(): number {
    return this.#view.getFloat64(this.#take(8), this.isLittleEndian);
  }

  /** A number where it is exact, else a bigint. */
  u64(): number | bigint {
    return toExact(this.#view.getBigUint64(this.#take(8), this.isLittleEndian));
  }

  i64(): number | bigint {
    return toExact(this.#view.getBigInt64(this.#take(8), this.isLittleEndian));
  }

  /** A 64-bit count of `what` that may be at most `maximum`. */
  count(what: string, maximum: number): number {
    const offset = this.#take(8);
    const low = this.#view.getUint32(this.isLittleEndian ? offset : offset + 4, this.isLittleEndian);
    const high = this.#view.getUint32(this.isLittleEndian ? offset + 4 : offset, this.isLittleEndian);
    const value = high * highWord + low;
    if (high >= unsafeHighWord || value > maximum) {
      throw this.malformed(
        `it claims ${high >= unsafeHighWord ? "absurdly many" : value} ${what}, more than ${maximum}`,
      );
    }
    return value;
  }

  /** Text of `length` bytes; what is not UTF-8 becomes replacement characters. */
  text(length: number): string {
    if (length > this.#maxPosition - this.#position) throw this.#pastEnd(length);
    if (length > windowBytes) {
      const bytes = this.#source.read(this.#position, length, length);
      if (bytes.byteLength < length) throw this.#pastEnd(length);
      const text = this.#decoder.decode(bytes);
      this.#bytes = new Uint8Array(0);
      this.#position += length;
      return text;
    }
    const offset = this.#take(length);
    return this.#decoder.decode(this.#bytes.subarray(offset, offset + length));
  }

  /** Moves past texts with their lengths and returns those among them that are watched for. */
  skipTexts(run: TextRun): string[] {
    const found: string[] = [];
    for (let left = run.count; left > 0; ) {
      const offset = this.#position - this.#windowStart;
      if (this.isLittleEndian && offset >= 0 && offset < this.#bytes.byteLength) {
        const { end, skipped } = skipTextRun(this.#bytes, offset, { ...run, count: left }, found);
        this.skip(end - offset);
        left -= skipped;
      }
      if (left === 0) break;
      const length = this.count("bytes of text", run.maxBytes);
      if (run.watch.lengths[length] === 1 && found.length < maxFound) {
        const text = this.text(length);
        if (run.watch.texts.has(text)) found.push(text);
      } else {
        this.skip(length);
      }
      left -= 1;
    }
    return found;
  }

  /** Moves on by `length` bytes and returns where they stand in the window. */
  #take(length: number): number {
    const offset = this.#position - this.#windowStart;
    if (offset < 0 || offset + length > this.#bytes.byteLength) return this.#refill(length);
    this.#position += length;
    return offset;
  }

  #refill(length: number): number {
    const remaining = this.#maxPosition - this.#position;
    if (length > remaining) throw this.#pastEnd(length);
    this.#bytes = this.#source.read(this.#position, Math.min(windowBytes, remaining), length);
    if (this.#bytes.byteLength < length) throw this.#pastEnd(length);
    this.#view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset, this.#bytes.byteLength);
    this.#windowStart = this.#position;
    this.#position += length;
    return 0;
  }

  #pastEnd(length: number): AppError {
    if (this.#maxPosition < this.#source.sizeBytes) return this.malformed("its header is too long");
    return this.malformed(`it ends ${length} bytes too early or was cut off`);
  }
}

function toExact(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

import { alloc, errorSet, logError, storeU8 } from "./env";
import { codePointAt, encode, isSurrogate } from "./utf8";

// Allocates nothing in the module and calls nothing that could abort: memory may be what has run out, and the compiler
// cannot compile an abort that needs itself.

/** What the compiler calls for `throw`, a failed assertion or an index out of range. The call ends as a trap. */
export function abort(message: string | null, file: string | null, line: u32, column: u32): void {
  logError(describe(message, file, line, column));
  errorSet(describe(message, file, line, column));
  unreachable();
}

function describe(message: string | null, file: string | null, line: u32, column: u32): i64 {
  const text = message ? message : "abort";
  let length = putText(0, 0, text);
  const place = file ? file : "";
  length += 6 + putText(0, 0, place) + putNumber(0, 0, line) + putNumber(0, 0, column);
  const block = alloc(length);
  let at = putText(block, 0, text);
  at += putText(block, at, " at ");
  at += putText(block, at, place);
  at += putText(block, at, ":");
  at += putNumber(block, at, line);
  at += putText(block, at, ":");
  putNumber(block, at, column);
  return block;
}

/** Gives the count of bytes; writes them unless the block is 0. */
function putText(block: i64, at: i64, text: string): i64 {
  const scratch = memory.data(8);
  const units = <usize>text.length;
  const from = changetype<usize>(text);
  let length: i64 = 0;
  for (let i: usize = 0; i < units; i++) {
    const code = codePointAt(from, i, units);
    if (code > 0xffff) i++;
    let end = scratch + 1;
    if (code < 0x80) store<u8>(scratch, code);
    else end = encode(scratch, isSurrogate(code) ? 0xfffd : code);
    const count = end - scratch;
    if (block != 0) {
      for (let j: usize = 0; j < count; j++) storeU8(block + at + length + j, load<u8>(scratch + j));
    }
    length += count;
  }
  return length;
}

function putNumber(block: i64, at: i64, value: u32): i64 {
  let digits = 1;
  for (let rest = value / 10; rest > 0; rest /= 10) digits++;
  if (block != 0) {
    for (let i = digits - 1; i >= 0; i--, value /= 10) storeU8(block + at + i, 0x30 + (value % 10));
  }
  return digits;
}

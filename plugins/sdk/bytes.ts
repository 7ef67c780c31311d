import {
  alloc,
  free,
  inputLength,
  inputLoadU8,
  inputLoadU64,
  lengthOf,
  loadU8,
  loadU64,
  storeU8,
  storeU64,
} from "./env";

// Eight bytes a call: each call of the host costs tens of nanoseconds. Lengths that are no multiple of eight end with a
// load that overlaps the one before.

/** The bytes that the plugin was called with. */
export function readInput(): ArrayBuffer {
  const length = <usize>inputLength();
  const bytes = new ArrayBuffer(<i32>length);
  const start = changetype<usize>(bytes);
  if (length < 8) {
    for (let i: usize = 0; i < length; i++) store<u8>(start + i, inputLoadU8(i));
    return bytes;
  }
  const last = length - 8;
  for (let i: usize = 0; i < last; i += 8) store<u64>(start + i, inputLoadU64(i));
  store<u64>(start + last, inputLoadU64(last));
  return bytes;
}

/** Copies a block of the host and frees it. The block must not be 0. */
export function takeBlock(block: i64): ArrayBuffer {
  const length = <usize>lengthOf(block);
  const bytes = new ArrayBuffer(<i32>length);
  const start = changetype<usize>(bytes);
  if (length < 8) {
    for (let i: usize = 0; i < length; i++) store<u8>(start + i, loadU8(block + i));
  } else {
    const last = length - 8;
    for (let i: usize = 0; i < last; i += 8) store<u64>(start + i, loadU64(block + i));
    store<u64>(start + last, loadU64(block + last));
  }
  free(block);
  return bytes;
}

/** Copies `length` bytes at `start` into a new block of the host. */
export function makeBlock(start: usize, length: usize): i64 {
  const block = alloc(length);
  if (length < 8) {
    for (let i: usize = 0; i < length; i++) storeU8(block + i, load<u8>(start + i));
    return block;
  }
  const last = length - 8;
  for (let i: usize = 0; i < last; i += 8) storeU64(block + i, load<u64>(start + i));
  storeU64(block + last, load<u64>(start + last));
  return block;
}

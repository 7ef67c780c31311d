import { PluginFailure } from "../failure.ts";
import type { Limits } from "../limits.ts";

const firstAddress = 8;
const firstCapacity = 4_096;
/** An arena that has grown past this is let go after the call. */
const keptCapacity = 1_048_576;

/**
 * The memory that Extism's ABI shares between guest and host. Addresses count bytes of one arena that only grows
 * during a call, so every access is two comparisons away from safe; 0 is no block. Extism's own kernel checks neither
 * its limit before it allocates nor the numbers of its blocks.
 */
export type Kernel = {
  /** Address of a new block of zeros. */
  allocate(bytes: number): number;
  /** 0 for what is no block. */
  lengthOf(address: number): number;
  free(address: number): void;
  store(content: Uint8Array | string): number;
  /** A view of a whole block, valid until the next allocation. Throws bad_pointer for what is no block. */
  block(address: number): Uint8Array;
  loadByte(address: number): number;
  storeByte(address: number, value: number): void;
  loadWord(address: number): bigint;
  storeWord(address: number, value: bigint): void;
  readonly usedBytes: number;
  /** Forgets everything; nothing that was stored can be seen again. */
  reset(): void;
};

export function createKernel(limits: Pick<Limits, "blockBytes" | "blocks">): Kernel {
  const encoder = new TextEncoder();
  const lengths = new Map<number, number>();
  let bytes = new Uint8Array(firstCapacity);
  let view = new DataView(bytes.buffer);
  let top = firstAddress;
  let count = 0;

  function grow(needed: number): void {
    const doubled = Math.min(bytes.byteLength * 2, limits.blockBytes);
    const larger = new Uint8Array(Math.max(needed, doubled));
    larger.set(bytes.subarray(0, top));
    bytes = larger;
    view = new DataView(bytes.buffer);
  }
  function allocate(size: number): number {
    const address = top;
    const end = address + size;
    count += 1;
    if (!(size >= 0) || end > limits.blockBytes + firstAddress || count > limits.blocks) {
      const message = `it wanted more than ${limits.blockBytes} bytes or ${limits.blocks} blocks of memory shared with the host`;
      throw new PluginFailure("memory_limit", message);
    }
    // Always past the end, so that an empty block has an address of its own too.
    const next = end + 8 - (end % 8);
    if (next > bytes.byteLength) grow(next);
    lengths.set(address, size);
    top = next;
    return address;
  }
  function check(address: number, size: number): void {
    if (address >= firstAddress && address + size <= top) return;
    throw new PluginFailure("bad_pointer", `it gave the host the address ${address}, where it has no block`);
  }
  return {
    allocate,
    lengthOf: (address) => lengths.get(address) ?? 0,
    free: (address) => void lengths.delete(address),
    store(content) {
      const source = typeof content === "string" ? encoder.encode(content) : content;
      const address = allocate(source.byteLength);
      bytes.set(source, address);
      return address;
    },
    block(address) {
      const size = lengths.get(address);
      if (size === undefined) {
        throw new PluginFailure("bad_pointer", `it gave the host the block ${address}, which does not exist`);
      }
      return bytes.subarray(address, address + size);
    },
    loadByte(address) {
      check(address, 1);
      return view.getUint8(address);
    },
    storeByte(address, value) {
      check(address, 1);
      view.setUint8(address, value);
    },
    loadWord(address) {
      check(address, 8);
      return view.getBigUint64(address, true);
    },
    storeWord(address, value) {
      check(address, 8);
      view.setBigUint64(address, value, true);
    },
    get usedBytes() {
      return top;
    },
    reset() {
      if (bytes.byteLength > keptCapacity) {
        bytes = new Uint8Array(firstCapacity);
        view = new DataView(bytes.buffer);
      } else bytes.fill(0, 0, top);
      lengths.clear();
      top = firstAddress;
      count = 0;
    },
  };
}

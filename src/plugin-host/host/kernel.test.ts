import { expect, test } from "bun:test";
import fc from "fast-check";
import { PluginFailure } from "../failure.ts";
import { createKernel } from "./kernel.ts";

const limits = { blockBytes: 4_096, blocks: 64 };

function codeOf(work: () => unknown): string {
  try {
    work();
    return "ok";
  } catch (error) {
    if (error instanceof PluginFailure) return error.code;
    throw error;
  }
}

test("blocks keep what was stored in them, whatever else is stored", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 20 }), (contents) => {
      const kernel = createKernel(limits);
      const addresses = contents.map((content) => kernel.store(content));
      expect(new Set(addresses).size).toBe(contents.length);
      for (const [index, content] of contents.entries()) {
        const address = addresses[index] ?? 0;
        expect(kernel.lengthOf(address)).toBe(content.length);
        expect([...kernel.block(address)]).toEqual([...content]);
      }
    }),
  );
});

test("a new block is empty, also where another had been before the reset", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 4_000 }), (secret) => {
      const kernel = createKernel(limits);
      kernel.store(secret);
      kernel.reset();
      expect(kernel.block(kernel.allocate(secret.length)).every((byte) => byte === 0)).toBe(true);
    }),
  );
});

test("no number reaches memory that is no block's, and none throws anything but a failure", () => {
  const numbers = fc.oneof(fc.integer(), fc.double(), fc.constantFrom(0, -1, 2 ** 53, Number.NaN));
  fc.assert(
    fc.property(numbers, numbers, (address, value) => {
      const kernel = createKernel(limits);
      const mine = kernel.store("mine");
      for (const work of [
        () => kernel.loadByte(address),
        () => kernel.loadWord(address),
        () => kernel.block(address),
        () => kernel.storeWord(address, 1n),
      ]) {
        const isInside = address >= mine && address < kernel.usedBytes;
        if (!isInside) expect(codeOf(work)).toBe("bad_pointer");
        else expect(["ok", "bad_pointer"]).toContain(codeOf(work));
      }
      kernel.free(value);
      expect(["ok", "memory_limit"]).toContain(codeOf(() => kernel.allocate(value)));
    }),
  );
});

test("memory has an end in bytes and in blocks, which a reset gives back", () => {
  const kernel = createKernel(limits);
  expect(codeOf(() => kernel.allocate(limits.blockBytes + 1))).toBe("memory_limit");
  expect(codeOf(() => Array.from({ length: limits.blocks + 1 }, () => kernel.allocate(1)))).toBe(
    "memory_limit",
  );
  kernel.reset();
  expect(codeOf(() => kernel.allocate(limits.blockBytes / 2))).toBe("ok");
});

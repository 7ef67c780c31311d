import { expect, test } from "bun:test";
import fc from "fast-check";
import { createGrowingBuffer } from "./growing-buffer.ts";

test("parts come back in order, up to the limit and never over it", () => {
  fc.assert(
    fc.property(fc.nat(50_000), fc.array(fc.uint8Array({ maxLength: 20_000 })), (maxBytes, parts) => {
      const buffer = createGrowingBuffer(maxBytes);
      const kept: number[] = [];
      for (const part of parts) {
        const fits = kept.length + part.length <= maxBytes;
        expect(buffer.append(part)).toBe(fits);
        if (fits) kept.push(...part);
      }
      expect(Buffer.compare(buffer.take(), Uint8Array.from(kept))).toBe(0);
    }),
  );
});

test("the memory behind a few bytes is not that of the limit", () => {
  const buffer = createGrowingBuffer(1_000_000_000);
  buffer.append(new Uint8Array(100_000));
  expect(buffer.take().buffer.byteLength).toBeLessThan(300_000);
});

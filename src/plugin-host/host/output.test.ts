import { expect, test } from "bun:test";
import fc from "fast-check";
import { PluginFailure } from "../failure.ts";
import { decodeOutput } from "./output.ts";

const bounds = { maxDepth: 16, maxValues: 1_000 };
const encoder = new TextEncoder();

function codeOf(bytes: Uint8Array): string {
  try {
    decodeOutput(bytes, bounds);
    return "ok";
  } catch (error) {
    if (error instanceof PluginFailure) return error.code;
    throw error;
  }
}

function depthOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

test("JSON within the bounds comes out as it is, brackets and quotes in its texts included", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 24 }), (value) => {
      const text = JSON.stringify(value);
      if (depthOf(value) > bounds.maxDepth) expect(codeOf(encoder.encode(text))).toBe("output_not_json");
      else expect(decodeOutput(encoder.encode(text), { ...bounds, maxValues: 1e6 })).toBe(text);
    }),
  );
});

test("bytes that are no text and depth that would exhaust a stack are failures", () => {
  expect(codeOf(new Uint8Array([0x22, 0xc3, 0x28, 0x22]))).toBe("output_not_utf8");
  expect(codeOf(encoder.encode("[".repeat(100_000)))).toBe("output_not_json");
  expect(codeOf(encoder.encode(`[${"0,".repeat(2_000)}0]`))).toBe("output_too_large");
  expect(codeOf(encoder.encode(JSON.stringify("[".repeat(100_000))))).toBe("ok");
});

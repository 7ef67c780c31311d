import { expect, test } from "bun:test";
import { joinWasm, wasmCustomSection, wasmSection, writeWasm } from "../../testing/index.ts";
import {
  manifestSection,
  maxManifestBytes,
  maxSignatureBytes,
  readCustomSection,
  readCustomSections,
  signatureSection,
  withCustomSection,
  withoutCustomSection,
} from "./custom-sections.ts";

const plain = writeWasm({ functions: [{}], exports: [{ name: "judge", index: 0 }] });
const content = new TextEncoder().encode('{"name":"length"}');
const invalid = expect.objectContaining({ code: "module_invalid" });
const tooLarge = expect.objectContaining({ code: "module_too_large" });

test("a section that was added is read back, and the module still validates", () => {
  const packed = withCustomSection(plain, manifestSection, content);
  expect(readCustomSection(packed, manifestSection)).toEqual(content);
  expect(readCustomSection(packed, signatureSection)).toBeUndefined();
  expect(WebAssembly.validate(packed)).toBe(true);
});

test("adding a section replaces the one of its name and keeps the others", () => {
  const first = withCustomSection(withCustomSection(plain, manifestSection, content), "other", content);
  const second = withCustomSection(first, manifestSection, Uint8Array.of(1));
  expect(readCustomSections(second).map(({ name }) => name)).toEqual(["other", manifestSection]);
  expect(readCustomSection(second, manifestSection)).toEqual(Uint8Array.of(1));
});

test("taking a section away gives the bytes from before it was added", () => {
  expect(withoutCustomSection(withCustomSection(plain, manifestSection, content), manifestSection)).toEqual(
    plain,
  );
  expect(withoutCustomSection(plain, manifestSection)).toEqual(plain);
});

test("sections before and between the others are found", () => {
  const mixed = joinWasm([plain.subarray(0, 8), wasmCustomSection("a", [1]), plain.subarray(8)]);
  expect(readCustomSection(mixed, "a")).toEqual(Uint8Array.of(1));
  expect(withoutCustomSection(mixed, "a")).toEqual(plain);
});

test("two manifests or two signatures are refused by everyone who reads", () => {
  for (const name of [manifestSection, signatureSection]) {
    const twice = joinWasm([plain, wasmCustomSection(name, [1]), wasmCustomSection(name, [2])]);
    expect(() => readCustomSection(twice, name)).toThrow(invalid);
    expect(() => readCustomSection(twice, "other")).toThrow(invalid);
    expect(() => withCustomSection(twice, name, content)).toThrow(invalid);
  }
});

test("manifests and signatures have their limits, when read and when written", () => {
  const limits = [
    [manifestSection, maxManifestBytes],
    [signatureSection, maxSignatureBytes],
  ] as const;
  for (const [name, most] of limits) {
    const large = new Uint8Array(most + 1);
    expect(() => withCustomSection(plain, name, large)).toThrow(tooLarge);
    const file = joinWasm([plain, wasmCustomSection(name, large)]);
    expect(() => readCustomSections(file)).toThrow(tooLarge);
    expect(readCustomSection(withCustomSection(plain, name, large.subarray(1)), name)).toHaveLength(most);
  }
});

test("a name that is no UTF-8, too long, or longer than its section is refused", () => {
  const custom = (body: readonly number[]) => joinWasm([plain, wasmSection(0, body)]);
  expect(() => readCustomSections(custom([2, 0xc3, 0x28]))).toThrow(invalid);
  expect(() => readCustomSections(custom([5, 0x61]))).toThrow(invalid);
  expect(() => readCustomSections(custom([]))).toThrow(invalid);
  const long = wasmCustomSection("x".repeat(5_000), []);
  expect(() => readCustomSections(joinWasm([plain, long]))).toThrow(tooLarge);
});

import { describe, expect, test } from "bun:test";
import { readdir } from "node:fs/promises";
import { createTemporaryFolder } from "../temporary-folder.ts";
import {
  ALIGNMENT_BYTES,
  encodeGguf,
  encodeHeader,
  type GgufModel,
  type GgufTensor,
  writeGguf,
} from "./gguf-writer.ts";
import { quantize } from "./quantize.ts";

const ones: GgufTensor = {
  name: "ones",
  type: "F32",
  shape: [3],
  chunks: () => [quantize("F32", new Float32Array([1, 1, 1]))],
};
const halves: GgufTensor = {
  name: "halves",
  type: "Q8_0",
  shape: [32, 2],
  chunks: () => [
    quantize("Q8_0", new Float32Array(32).fill(0.5)),
    quantize("Q8_0", new Float32Array(32).fill(-0.5)),
  ],
};
const small: GgufModel = {
  metadata: {
    "general.architecture": { type: "string", value: "é" },
    flag: { type: "boolean", value: true },
    count: { type: "int32", value: -2 },
    words: { type: "strings", value: ["a", ""] },
    scores: { type: "float32s", value: [0.5] },
  },
  tensors: [ones, halves],
};

describe("writeGguf", () => {
  test("puts each tensor at the aligned offset that its header names", async () => {
    using folder = createTemporaryFolder();
    const path = folder.file("small.gguf");
    await writeGguf(path, small);
    const view = new DataView(await Bun.file(path).arrayBuffer());
    const dataStart = encodeHeader(small).length;
    expect(dataStart % ALIGNMENT_BYTES).toBe(0);
    expect(view.getFloat32(dataStart + 8, true)).toBe(1);
    const second = dataStart + ALIGNMENT_BYTES;
    expect(view.getFloat16(second, true) * view.getInt8(second + 2)).toBeCloseTo(0.5, 3);
    expect(view.getFloat16(second + 34, true) * view.getInt8(second + 36)).toBeCloseTo(-0.5, 3);
    expect(view.byteLength).toBe(second + 96);
    expect(readTensorOffsets(view)).toEqual([0, ALIGNMENT_BYTES]);
    expect(encodeGguf(small)).toEqual(new Uint8Array(view.buffer));
  });

  test("leaves no file behind where a tensor has fewer bytes than its shape needs", async () => {
    using folder = createTemporaryFolder();
    const short = { ...ones, shape: [4] };
    const writing = writeGguf(folder.file("short.gguf"), { metadata: {}, tensors: [short] });
    await expect(writing).rejects.toThrow("gave 12 bytes, its shape needs 16");
    expect(await readdir(folder.path)).toEqual([]);
  });
});

/** Walks the header as the format describes it, on its own account. */
function readTensorOffsets(view: DataView): number[] {
  let at = 0;
  const skip = (bytes: number): number => {
    at += bytes;
    return at - bytes;
  };
  const uint32 = (): number => view.getUint32(skip(4), true);
  const uint64 = (): number => Number(view.getBigUint64(skip(8), true));
  const string = (): number => skip(uint64());
  const scalar = (type: number): number => (type === 8 ? string() : skip(type === 7 ? 1 : 4));
  expect([uint32(), uint32()]).toEqual([0x46554747, 3]);
  const tensorCount = uint64();
  const keyCount = uint64();
  for (let key = 0; key < keyCount; key++) {
    string();
    const type = uint32();
    if (type !== 9) scalar(type);
    else {
      const itemType = uint32();
      for (let left = uint64(); left > 0; left--) scalar(itemType);
    }
  }
  return Array.from({ length: tensorCount }, () => {
    string();
    for (let left = uint32(); left > 0; left--) uint64();
    uint32();
    return uint64();
  });
}

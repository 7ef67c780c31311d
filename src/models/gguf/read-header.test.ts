import { expect, test } from "bun:test";
import { AppError } from "../../base/index.ts";
import { type TinyGguf, type TinyTensor, type TinyValue, writeTinyGguf } from "../../testing/tiny-gguf.ts";
import { createMemorySource } from "./byte-source.ts";
import { findNumber } from "./header.ts";
import { readGgufHeader } from "./read-header.ts";

const maxReadMs = 1_000;
const maxReadBytes = 64 * 2 ** 20;

const architecture: readonly [string, TinyValue] = [
  "general.architecture",
  { type: "string", value: "llama" },
];
const tensor: TinyTensor = { name: "output.weight", shape: [32n, 2n], type: 8, offset: 0n };

function read(bytes: Uint8Array) {
  return readGgufHeader(createMemorySource("test.gguf", bytes));
}

/** The message of the error that reading ends with, which must be a typed one. */
function refusalOf(file: TinyGguf | Uint8Array): string {
  try {
    read(file instanceof Uint8Array ? file : writeTinyGguf(file));
  } catch (error) {
    expect(error).toBeInstanceOf(AppError);
    expect(error).toHaveProperty("code", "model_load_failed");
    return error instanceof AppError ? error.message : "";
  }
  return "accepted";
}

const everyType: TinyGguf["metadata"] = [
  ["a.u8", { type: "u8", value: 200 }],
  ["a.i8", { type: "i8", value: -100 }],
  ["a.u16", { type: "u16", value: 60_000 }],
  ["a.i16", { type: "i16", value: -30_000 }],
  ["a.u32", { type: "u32", value: 4_000_000_000 }],
  ["a.i32", { type: "i32", value: -2_000_000_000 }],
  ["a.f32", { type: "f32", value: 0.5 }],
  ["a.f64", { type: "f64", value: 0.1 }],
  ["a.u64", { type: "u64", value: 2n ** 63n }],
  ["a.i64", { type: "i64", value: -5n }],
  ["a.bool", { type: "bool", value: true }],
  ["a.string", { type: "string", value: "héllo" }],
  ["a.array", { type: "array", elementType: 0, count: 3n, bytes: [1, 2, 3] }],
];

test.each([
  { version: 2, littleEndian: true },
  { version: 3, littleEndian: true },
  { version: 2, littleEndian: false },
  { version: 3, littleEndian: false },
])("all value types and a tensor are read: %j", (form) => {
  const header = read(writeTinyGguf({ ...form, metadata: everyType, tensors: [tensor], dataBytes: 68 }));
  const values = [...header.metadata.values()].map((entry) => ("value" in entry ? entry.value : entry));
  expect(values).toEqual([
    ...[200, -100, 60_000, -30_000, 4_000_000_000, -2_000_000_000, 0.5, 0.1, 2n ** 63n, -5, true, "héllo"],
    { type: "array", elementType: "u8", count: 3, values: [1, 2, 3] },
  ]);
  expect(header.tensors).toEqual([
    { name: "output.weight", shape: [32, 2], type: "Q8_0", elements: 64, offset: 0, bytes: 68 },
  ]);
  expect(header).toMatchObject({ version: form.version, byteOrder: form.littleEndian ? "little" : "big" });
  expect(header.dataOffset % 32).toBe(0);
});

test.each<[string, TinyGguf, string]>([
  ["another magic", { magic: "GGML" }, "is not a GGUF file"],
  ["version 1", { version: 1 }, "GGUF version 1, which is not supported"],
  ["version 4", { version: 4 }, "GGUF version 4"],
  ["version 0", { version: 0 }, "GGUF version 0"],
  ["more tensors than the file can hold", { tensorCount: 2n ** 62n }, "absurdly many tensors"],
  ["more keys than the file can hold", { keyCount: 1_000_000n }, "1000000 keys"],
  ["fewer keys than it claims", { keyCount: 1n, metadata: [] }, "ends 8 bytes too early or was cut off"],
  ["one key twice", { metadata: [architecture, architecture], dataBytes: 0 }, "is there twice"],
  [
    "a truth value of 2",
    { metadata: [["b", { type: "bool", value: 2 }]], dataBytes: 0 },
    "true-or-false value is 2",
  ],
  [
    "an array of arrays",
    { metadata: [["a", { type: "array", elementType: 9, count: 1n, bytes: [] }]], dataBytes: 99 },
    "an array holds arrays",
  ],
  [
    "an array of an unknown type",
    { metadata: [["a", { type: "array", elementType: 99, count: 1n, bytes: [] }]], dataBytes: 99 },
    "unknown element type 99",
  ],
  [
    "an array that claims 2^60 elements",
    { metadata: [["a", { type: "array", elementType: 10, count: 2n ** 60n, bytes: [] }]], dataBytes: 99 },
    "elements in an array",
  ],
  [
    "an array that is longer than the file",
    { metadata: [["a", { type: "array", elementType: 4, count: 100_000n, bytes: [] }]], dataBytes: 99 },
    "cut off",
  ],
  [
    "an alignment of 0",
    { metadata: [["general.alignment", { type: "u32", value: 0 }]], dataBytes: 0 },
    "power of two",
  ],
  [
    "an alignment of 33",
    { metadata: [["general.alignment", { type: "u32", value: 33 }]], dataBytes: 0 },
    "power of two",
  ],
  ["one tensor twice", { tensors: [tensor, tensor], dataBytes: 68 }, "is there twice"],
  ["a tensor of a removed type", { tensors: [{ ...tensor, type: 4 }], dataBytes: 68 }, "unknown type 4"],
  ["a tensor without elements", { tensors: [{ ...tensor, shape: [32n, 0n] }], dataBytes: 68 }, "is empty"],
  ["a tensor of 5 dimensions", { tensors: [{ ...tensor, shape: [32n, 1n, 1n, 1n, 1n] }] }, "5 dimensions"],
  [
    "a row of half a block",
    { tensors: [{ ...tensor, shape: [33n] }], dataBytes: 68 },
    "not whole blocks of Q8_0",
  ],
  ["a product that overflows", { tensors: [{ ...tensor, shape: [2n ** 39n, 2n ** 39n] }] }, "absurdly large"],
  ["an axis that overflows", { tensors: [{ ...tensor, shape: [2n ** 63n] }] }, "elements along an axis"],
  ["an offset out of line", { tensors: [{ ...tensor, offset: 7n }], dataBytes: 99 }, "not aligned"],
  ["an offset past the end", { tensors: [{ ...tensor, offset: 1n << 40n }], dataBytes: 68 }, "is truncated"],
  ["less data than its tensor", { tensors: [tensor], dataBytes: 67 }, "is truncated"],
])("%s is refused", (_, file, expected) => {
  expect(refusalOf(file)).toContain(expected);
});

test("every cut of a header is refused as cut off", () => {
  const whole = writeTinyGguf({ metadata: everyType, tensors: [tensor], dataBytes: 68 });
  for (let length = 0; length < whole.byteLength; length += 1) {
    expect(refusalOf(whole.slice(0, length))).not.toBe("accepted");
  }
});

test("a long array is counted without being kept", () => {
  const strings = Array.from({ length: 2_000 }, () => [1, 0, 0, 0, 0, 0, 0, 0, 97]).flat();
  const header = read(
    writeTinyGguf({
      metadata: [["a", { type: "array", elementType: 8, count: 2_000n, bytes: strings }]],
      dataBytes: 0,
    }),
  );
  expect(header.metadata.get("a")).toEqual({ type: "array", elementType: "string", count: 2_000 });
});

test("a file that is endless zeros after its counts is refused soon and in little memory", () => {
  const start = writeTinyGguf({ keyCount: 4_000n, metadata: [] });
  const zeros = new Uint8Array(2 ** 20);
  const source = {
    ...createMemorySource("zeros.gguf", start),
    sizeBytes: 2 ** 40,
    read: (position: number, length: number) =>
      position === 0
        ? Buffer.concat([start, zeros.subarray(0, length - start.byteLength)])
        : zeros.subarray(0, length),
  };
  expect(() => readGgufHeader(source)).toThrow("a key is empty");
});

test("claims of many empty strings end at the limit, soon and in little memory", () => {
  const keyOffset = 8;
  const stringsOfAKey = 1_000;
  const claim = writeTinyGguf({
    metadata: [["k000", { type: "array", elementType: 8, count: BigInt(stringsOfAKey), bytes: [] }]],
  }).slice(24);
  const keys = Array.from({ length: 4_096 }, (_, index) => {
    const bytes = new Uint8Array(claim.byteLength + 8 * stringsOfAKey);
    bytes.set(claim);
    bytes.set(Buffer.from(index.toString(36).padStart(4, "0")), keyOffset);
    return bytes;
  });
  const file = Buffer.concat([writeTinyGguf({ keyCount: 4_096n }), ...keys]);
  Bun.gc(true);
  const bytesBefore = process.memoryUsage().rss;
  const startedMs = performance.now();
  expect(refusalOf(file)).toContain("too many strings");
  expect(performance.now() - startedMs).toBeLessThan(maxReadMs);
  expect(process.memoryUsage().rss - bytesBefore).toBeLessThan(maxReadBytes);
});

test("findNumber gives whole metadata numbers and nothing else", () => {
  const header = read(writeTinyGguf({ metadata: everyType, dataBytes: 0 }));
  expect(findNumber(header, "a.u8")).toBe(200);
  expect(findNumber(header, "a.string")).toBeUndefined();
  expect(findNumber(header, "a.absent")).toBeUndefined();
});

import { expect, test } from "bun:test";
import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from "node:fs";
import fc from "fast-check";
import { AppError } from "../../base/index.ts";
import { encodeGguf } from "../../testing/gguf/gguf-writer.ts";
import { createTinyModel } from "../../testing/gguf/tiny-model.ts";
import { demoModelPath, findTestModel } from "../../testing/models.ts";
import { createTemporaryFolder } from "../../testing/temporary-folder.ts";
import { writeTinyGguf } from "../../testing/tiny-gguf.ts";
import { createMemorySource, openFileSource } from "./byte-source.ts";
import { checkModelHeader } from "./check-model.ts";
import { describeHeader, summarize } from "./describe.ts";
import { toModelInfo } from "./model-info.ts";
import { readGgufHeader } from "./read-header.ts";

const mutationsPerRun = 10_000;
const maxReadMs = 1_000;
const maxGrowthBytes = 64 * 2 ** 20;
/** Tokens, merges and scores make up most of a header; what is most worth breaking stands at its two ends. */
const maxMiddleBytes = 16_384;

type Sample = { readonly name: string; readonly header: Uint8Array; readonly fileBytes: number };

/** The headers of all models at hand, of every architecture and kind of vocabulary. */
const samples: readonly Sample[] = [
  demoModelPath,
  ...[
    "stories260K-ctx512-chat.gguf",
    "llama-2-tiny-random.gguf",
    "synthetic-bert-rerank-f16.gguf",
    "w2v1000-static-bert-f16.gguf",
    "synthetic-stories260K-lora.gguf",
    "synthetic-mmproj-stories260K-f16.gguf",
  ].map(findTestModel),
].flatMap((path) => {
  if (path === undefined) return [];
  const bytes = readFileSync(path);
  const { dataOffset } = readGgufHeader(createMemorySource(path, bytes));
  return [{ name: path, header: new Uint8Array(bytes.subarray(0, dataOffset)), fileBytes: bytes.byteLength }];
});

/** Does with a header all that listing, showing and running a model do. */
function useHeader(name: string, bytes: Uint8Array, fileBytes: number): string {
  try {
    const header = readGgufHeader({ ...createMemorySource(name, bytes), sizeBytes: fileBytes });
    describeHeader(name, header);
    summarize(header);
    toModelInfo(header, { verbose: true });
    checkModelHeader(name, header);
    return "accepted";
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return error.message;
  }
}

const nastyBytes = fc.oneof(
  fc.uint8Array({ minLength: 1, maxLength: 16 }),
  fc.constantFrom(
    new Uint8Array(8).fill(255),
    new Uint8Array(8),
    new Uint8Array([0, 0, 0, 0, 0, 0, 0, 128]),
    new Uint8Array([255, 255, 255, 127]),
    new Uint8Array([0, 0, 0, 16, 0, 0, 0, 0]),
  ),
);
const place = fc.oneof(
  fc.record({ from: fc.constant("start" as const), offset: fc.nat(maxMiddleBytes) }),
  fc.record({ from: fc.constant("end" as const), offset: fc.nat(maxMiddleBytes) }),
  fc.record({ from: fc.constant("start" as const), offset: fc.nat(2 ** 20) }),
);
/** Small headers more often: one with 30,000 tokens takes a millisecond to read. */
const anySample = fc.oneof(
  ...samples.map((sample) => ({
    weight: sample.header.byteLength < 2 ** 18 ? 5 : 1,
    arbitrary: fc.constant(sample),
  })),
);
const mutation = fc.record({ place, bytes: nastyBytes });

test("10,000 mutated headers are read or refused with a typed error, soon and in little memory", () => {
  for (const { name, header, fileBytes } of samples) useHeader(name, header, fileBytes);
  Bun.gc(true);
  const bytesBefore = process.memoryUsage().rss;
  let largestGrowth = 0;
  let slowestMs = 0;
  let runs = 0;
  const check = (
    sample: Sample,
    mutations: readonly { place: { from: "start" | "end"; offset: number }; bytes: Uint8Array }[],
    fileBytes: number | undefined,
  ) => {
    const mutated = sample.header.slice();
    for (const { place: at, bytes } of mutations) {
      const offset = at.offset % mutated.byteLength;
      const position = at.from === "start" ? offset : mutated.byteLength - 1 - offset;
      mutated.set(bytes.subarray(0, mutated.byteLength - position), position);
    }
    const startedMs = performance.now();
    useHeader(sample.name, mutated, fileBytes ?? sample.fileBytes);
    slowestMs = Math.max(slowestMs, performance.now() - startedMs);
    runs += 1;
    if (runs % 500 === 0) {
      Bun.gc(true);
      largestGrowth = Math.max(largestGrowth, process.memoryUsage().rss - bytesBefore);
    }
  };
  fc.assert(
    fc.property(
      anySample,
      fc.array(mutation, { minLength: 1, maxLength: 4 }),
      fc.constantFrom(undefined, 2 ** 45),
      check,
    ),
    { numRuns: mutationsPerRun },
  );
  expect(slowestMs).toBeLessThan(maxReadMs);
  expect(largestGrowth).toBeLessThan(maxGrowthBytes);
}, 60_000);

/** Reads in a process of its own, which tells how long that took and how much its memory grew. */
async function measureReading(path: string): Promise<{ message: string; ms: number; grownBytes: number }> {
  const code = `
    const { openFileSource } = await import(${JSON.stringify(`${import.meta.dir}/byte-source.ts`)});
    const { readGgufHeader } = await import(${JSON.stringify(`${import.meta.dir}/read-header.ts`)});
    const before = process.resourceUsage().maxRSS;
    const started = performance.now();
    let message = "accepted";
    try { using source = openFileSource(${JSON.stringify(path)}); readGgufHeader(source); } catch (error) { message = error.message; }
    const unit = process.platform === "darwin" ? 1 : 1024;
    console.log(JSON.stringify({ message, ms: performance.now() - started, grownBytes: (process.resourceUsage().maxRSS - before) * unit }));
  `;
  const child = Bun.spawn([process.execPath, "--no-env-file", "-e", code], {
    stdout: "pipe",
    stderr: "pipe",
  });
  const output = await child.stdout.text();
  return JSON.parse(output) as { message: string; ms: number; grownBytes: number };
}

const u64 = (value: number) => [...new Uint8Array(new BigUint64Array([BigInt(value)]).buffer)];

test.each<[string, () => Uint8Array, string]>([
  [
    "100,000 equal keys",
    () => {
      const key = [...u64(1), 97, 7, 0, 0, 0, 1];
      const start = writeTinyGguf({ keyCount: 100_000n });
      return Buffer.concat([start, ...Array.from({ length: 100_000 }, () => Uint8Array.from(key))]);
    },
    "100000 keys, more than",
  ],
  [
    "a text that is as long as the file claims",
    () =>
      Buffer.concat([
        writeTinyGguf({ keyCount: 1n }),
        Uint8Array.from([...u64(1), 97, 8, 0, 0, 0, ...u64(2 ** 50)]),
      ]),
    "bytes of text, more than",
  ],
  [
    "a thousand texts of a megabyte each",
    () => {
      const letters = new Uint8Array(2 ** 20).fill(97);
      const keys = Array.from({ length: 100 }, (_, index) => {
        const name = index.toString().padStart(4, "0");
        return Buffer.concat([
          Uint8Array.from([...u64(4), ...Buffer.from(name), 8, 0, 0, 0, ...u64(letters.length)]),
          letters,
        ]);
      });
      return Buffer.concat([writeTinyGguf({ keyCount: 1_000n }), ...keys]);
    },
    "its metadata holds too much text",
  ],
  [
    "an array of four million empty texts",
    () =>
      Buffer.concat([
        writeTinyGguf({ keyCount: 1n }),
        Uint8Array.from([...u64(1), 97, 9, 0, 0, 0, 8, 0, 0, 0, ...u64(3_999_999)]),
        new Uint8Array(8 * 3_999_999),
        new Uint8Array(1),
      ]),
    "accepted",
  ],
  [
    "a big-endian array of four million watched texts",
    () => {
      const bigEndian64 = (value: number) => u64(value).reverse();
      const start = [...bigEndian64(1), 97, 0, 0, 0, 9, 0, 0, 0, 8, ...bigEndian64(3_999_999)];
      const mark = Buffer.from([...bigEndian64(5), ...Buffer.from("<PRE>")]);
      return Buffer.concat([
        writeTinyGguf({ keyCount: 1n, littleEndian: false }),
        Uint8Array.from(start),
        Buffer.alloc(mark.byteLength * 3_999_999, mark),
      ]);
    },
    "accepted",
  ],
])("%s end within 1 s and 64 MB", async (_, make, expected) => {
  using folder = createTemporaryFolder();
  await Bun.write(folder.file("bad.gguf"), make());
  const { message, ms, grownBytes } = await measureReading(folder.file("bad.gguf"));
  expect(message).toContain(expected);
  expect(ms).toBeLessThan(maxReadMs);
  expect(grownBytes).toBeLessThan(maxGrowthBytes);
});

test("a whole header before a terabyte of holes is refused", () => {
  using folder = createTemporaryFolder();
  const path = folder.file("sparse.gguf");
  const file = openSync(path, "w");
  writeSync(file, encodeGguf(createTinyModel()));
  ftruncateSync(file, 2 ** 40);
  closeSync(file);
  using source = openFileSource(path);
  expect(() => readGgufHeader(source)).toThrow("it is mostly holes");
});

test("a file whose blocks are counted late is read all the same", () => {
  const weights = new Uint8Array(2 ** 24).fill(1);
  const whole = Buffer.concat([encodeGguf(createTinyModel()), weights]);
  const source = { ...createMemorySource("late.gguf", whole), allocatedBytes: 512 };
  expect(readGgufHeader(source).tensors).toHaveLength(1);
  whole.fill(0, whole.byteLength - weights.byteLength);
  expect(() => readGgufHeader(source)).toThrow("it is mostly holes");
});

test("tensors that lie over each other are refused", () => {
  const tensor = { shape: [32n, 2n], type: 0, offset: 0n };
  const file = writeTinyGguf({
    metadata: [["general.architecture", { type: "string", value: "llama" }]],
    tensors: [
      { ...tensor, name: "a.weight" },
      { ...tensor, name: "b.weight", offset: 128n },
    ],
    dataBytes: 512,
  });
  expect(() => readGgufHeader(createMemorySource("over.gguf", file))).toThrow('"b.weight" lies over another');
});

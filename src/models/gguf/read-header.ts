/**
 * Reads the header of a GGUF file and nothing after it. The file is hostile input: every count is checked before
 * it sizes a loop or an allocation, so that a wrong header is an error soon and in little memory.
 */
import { AppError } from "../../base/index.ts";
import type { ByteSource } from "./byte-source.ts";
import { Cursor } from "./cursor.ts";
import { type GgufHeader, type GgufValue, scalarTypes } from "./header.ts";
import { readTensors } from "./read-tensors.ts";
import { readValue, type ValueBudget } from "./read-value.ts";

const maxHeaderBytes = 256 * 2 ** 20;
/** The linked llama.cpp compares each key with all before it. */
const maxKeys = 4_096;
const maxKeyBytes = 65_535;
const maxTensors = 16_384;
const maxAlignment = 2 ** 20;
const defaultAlignment = 32;
const maxTextBytesInTotal = 8 * 2 ** 20;
const maxKeptElementsInTotal = 65_536;
const maxStringElements = 4_000_000;
/** Fewest bytes that a key with its value, and a tensor's description, can take. */
const minKeyValueBytes = 13;
const minTensorBytes = 32;
const magic = "GGUF";
/** File systems that compress store weights in little less; a file with holes takes next to nothing. */
const maxHoleFactor = 8;
const slackBytes = 2 ** 20;
const holeSamples = 32;
const sampleBytes = 4_096;

/** Throws AppError model_load_failed that says what is wrong and where. */
export function readGgufHeader(source: ByteSource): GgufHeader {
  const cursor = new Cursor(source, { maxHeaderBytes: maxHeaderBytes });
  const version = readVersion(cursor, source);
  const tensorCount = cursor.count(
    "tensors",
    Math.min(maxTensors, Math.floor(source.sizeBytes / minTensorBytes)),
  );
  const keyCount = cursor.count("keys", Math.min(maxKeys, Math.floor(source.sizeBytes / minKeyValueBytes)));
  const metadata = readMetadata(cursor, keyCount);
  const alignment = readAlignment(cursor, metadata);
  const tensors = readTensors(cursor, tensorCount, alignment);
  const dataOffset = Math.ceil(cursor.position / alignment) * alignment;
  const header: GgufHeader = {
    version,
    byteOrder: cursor.isLittleEndian ? "little" : "big",
    metadata,
    tensors,
    alignment,
    dataOffset,
    fileBytes: source.sizeBytes,
  };
  checkPlaces(source, header);
  return header;
}

function readVersion(cursor: Cursor, source: ByteSource): 2 | 3 {
  if (source.sizeBytes < magic.length || cursor.text(magic.length) !== magic) {
    const message = `${source.name} is not a GGUF file: it does not begin with "${magic}"; give a model in that format`;
    throw new AppError("model_load_failed", message);
  }
  let version = cursor.u32();
  // A version in the upper half is one that was written in the other byte order.
  if (version !== 0 && (version & 0xffff) === 0) {
    cursor.isLittleEndian = false;
    version = swapBytes(version);
  }
  if (version === 2 || version === 3) return version;
  const message = `${source.name} is GGUF version ${version}, which is not supported; versions 2 and 3 are: convert it again`;
  throw new AppError("model_load_failed", message);
}

function swapBytes(value: number): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setUint32(0, value, true);
  return view.getUint32(0, false);
}

function readMetadata(cursor: Cursor, count: number): Map<string, GgufValue> {
  const metadata = new Map<string, GgufValue>();
  const budget: ValueBudget = {
    textBytes: maxTextBytesInTotal,
    stringElements: maxStringElements,
    keptElements: maxKeptElementsInTotal,
  };
  for (let index = 0; index < count; index += 1) {
    const key = cursor.text(cursor.count("bytes of a key", maxKeyBytes));
    if (key === "") throw cursor.malformed("a key is empty");
    if (metadata.has(key))
      throw cursor.malformed(`the key ${JSON.stringify(key.slice(0, 100))} is there twice`);
    const type = cursor.u32();
    const scalarType = scalarTypes[type];
    if (scalarType === undefined) throw cursor.malformed(`a value has the unknown type ${type}`);
    metadata.set(key, readValue(cursor, scalarType, budget));
  }
  return metadata;
}

function readAlignment(cursor: Cursor, metadata: ReadonlyMap<string, GgufValue>): number {
  const entry = metadata.get("general.alignment");
  if (entry === undefined) return defaultAlignment;
  const value = entry.type === "number" ? Number(entry.value) : Number.NaN;
  const isPowerOfTwo =
    Number.isInteger(value) && value > 0 && value <= maxAlignment && (value & (value - 1)) === 0;
  if (!isPowerOfTwo) throw cursor.malformed("general.alignment is not a power of two");
  return value;
}

/** Tensors must lie inside the file, side by side, in a file whose bytes are really there. */
function checkPlaces(source: ByteSource, header: GgufHeader): void {
  const { name } = source;
  const sorted = header.tensors.toSorted((left, right) => left.offset - right.offset);
  let end = 0;
  for (const tensor of sorted) {
    if (tensor.offset < end) {
      throw unusable(name, `the tensor ${JSON.stringify(tensor.name)} lies over another; download it again`);
    }
    end = tensor.offset + tensor.bytes;
  }
  const needed = header.dataOffset + end;
  if (sorted.length > 0 && needed > header.fileBytes) {
    const message = `${name} is truncated: ${header.fileBytes} of ${needed} bytes are there; download it again`;
    throw new AppError("model_load_failed", message, {
      details: { fileBytes: header.fileBytes, neededBytes: needed },
    });
  }
  if (isMostlyHoles(source, header)) {
    throw unusable(name, `it is mostly holes in its ${header.fileBytes} bytes; download it again`);
  }
}

/** Some file systems count the blocks of a new file late: what is said to be holes is looked at here and there. */
function isMostlyHoles(source: ByteSource, { dataOffset, fileBytes }: GgufHeader): boolean {
  const { allocatedBytes = fileBytes } = source;
  if (allocatedBytes >= fileBytes / maxHoleFactor - slackBytes) return false;
  const step = (fileBytes - dataOffset) / holeSamples;
  for (let sample = 0; sample < holeSamples; sample += 1) {
    const position = Math.floor(dataOffset + sample * step);
    if (source.read(position, sampleBytes, 0).some((byte) => byte !== 0)) return false;
  }
  return true;
}

function unusable(name: string, reason: string): AppError {
  return new AppError("model_load_failed", `${name} is not a usable GGUF file: ${reason}`);
}

export type TinyValue =
  | { readonly type: "u32" | "i32" | "u8" | "i8" | "u16" | "i16" | "f32" | "f64"; readonly value: number }
  | { readonly type: "u64" | "i64"; readonly value: bigint }
  | { readonly type: "bool"; readonly value: boolean | number }
  | { readonly type: "string"; readonly value: string }
  | {
      readonly type: "array";
      readonly elementType: number;
      readonly count: bigint;
      readonly bytes: readonly number[];
    };

export type TinyTensor = {
  readonly name: string;
  readonly shape: readonly bigint[];
  readonly type: number;
  readonly offset: bigint;
};

export type TinyGguf = {
  readonly magic?: string;
  readonly version?: number;
  readonly littleEndian?: boolean;
  readonly metadata?: readonly (readonly [key: string, value: TinyValue])[];
  readonly tensors?: readonly TinyTensor[];
  readonly keyCount?: bigint;
  readonly tensorCount?: bigint;
  readonly dataBytes?: number;
};

const typeNumbers = {
  u8: 0,
  i8: 1,
  u16: 2,
  i16: 3,
  u32: 4,
  i32: 5,
  f32: 6,
  bool: 7,
  string: 8,
  array: 9,
  u64: 10,
  i64: 11,
  f64: 12,
};
const alignment = 32;
const maxBytes = 1 << 16;

/** Bytes of a GGUF file, wrong ones too: counts can be claimed that are not there. */
export function writeTinyGguf(file: TinyGguf): Uint8Array {
  const writer = createWriter(file.littleEndian ?? true);
  const metadata = file.metadata ?? [];
  const tensors = file.tensors ?? [];
  writer.ascii(file.magic ?? "GGUF");
  writer.u32(file.version ?? 3);
  writer.u64(file.tensorCount ?? BigInt(tensors.length));
  writer.u64(file.keyCount ?? BigInt(metadata.length));
  for (const [key, value] of metadata) {
    writer.text(key);
    writer.u32(typeNumbers[value.type]);
    writeValue(writer, value);
  }
  for (const tensor of tensors) {
    writer.text(tensor.name);
    writer.u32(tensor.shape.length);
    for (const axis of tensor.shape) writer.u64(axis);
    writer.u32(tensor.type);
    writer.u64(tensor.offset);
  }
  if (file.dataBytes !== undefined) writer.pad(alignment, file.dataBytes);
  return writer.bytes();
}

type Writer = ReturnType<typeof createWriter>;

function writeValue(writer: Writer, entry: TinyValue): void {
  switch (entry.type) {
    case "string":
      writer.text(entry.value);
      break;
    case "bool":
      writer.raw([Number(entry.value)]);
      break;
    case "u64":
    case "i64":
      writer.u64(entry.value);
      break;
    case "array":
      writer.u32(entry.elementType);
      writer.u64(entry.count);
      writer.raw(entry.bytes);
      break;
    default:
      writer.number(entry.type, entry.value);
  }
}

function createWriter(littleEndian: boolean) {
  const view = new DataView(new ArrayBuffer(maxBytes));
  let position = 0;
  const advance = (length: number) => {
    position += length;
    return position - length;
  };
  const writer = {
    ascii: (text: string) => writer.raw([...Buffer.from(text)]),
    raw: (bytes: readonly number[]) => {
      for (const byte of bytes) view.setUint8(advance(1), byte);
    },
    u32: (value: number) => view.setUint32(advance(4), value, littleEndian),
    u64: (value: bigint) => view.setBigUint64(advance(8), BigInt.asUintN(64, value), littleEndian),
    text: (text: string) => {
      writer.u64(BigInt(Buffer.byteLength(text)));
      writer.ascii(text);
    },
    number: (type: "u32" | "i32" | "u8" | "i8" | "u16" | "i16" | "f32" | "f64", value: number) => {
      if (type === "u8") view.setUint8(advance(1), value);
      else if (type === "i8") view.setInt8(advance(1), value);
      else if (type === "u16") view.setUint16(advance(2), value, littleEndian);
      else if (type === "i16") view.setInt16(advance(2), value, littleEndian);
      else if (type === "u32") view.setUint32(advance(4), value, littleEndian);
      else if (type === "i32") view.setInt32(advance(4), value, littleEndian);
      else if (type === "f32") view.setFloat32(advance(4), value, littleEndian);
      else view.setFloat64(advance(8), value, littleEndian);
    },
    pad: (alignment: number, dataBytes: number) => {
      position = Math.ceil(position / alignment) * alignment + dataBytes;
    },
    bytes: () => new Uint8Array(view.buffer, 0, position),
  };
  return writer;
}

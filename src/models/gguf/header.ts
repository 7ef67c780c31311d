/** A value of the metadata. Long arrays and long texts are walked over and only counted. */
export type GgufValue =
  | { readonly type: "number"; readonly value: number | bigint }
  | { readonly type: "boolean"; readonly value: boolean }
  | { readonly type: "text"; readonly value: string }
  | {
      readonly type: "array";
      readonly elementType: ScalarType;
      readonly count: number;
      readonly values?: readonly GgufScalar[];
      /** Of the texts that were only counted, those that mark a place to fill in. */
      readonly marks?: readonly string[];
    }
  | { readonly type: "omitted-text"; readonly bytes: number };

export type GgufScalar = number | bigint | boolean | string;

export type ScalarType = (typeof scalarTypes)[number];

/** In the order of their numbers in the file; 9 is the array. */
export const scalarTypes = [
  "u8",
  "i8",
  "u16",
  "i16",
  "u32",
  "i32",
  "f32",
  "bool",
  "string",
  "array",
  "u64",
  "i64",
  "f64",
] as const;

export type GgufTensor = {
  readonly name: string;
  /** Elements along each axis, fastest first. */
  readonly shape: readonly number[];
  readonly type: string;
  readonly elements: number;
  /** From the start of the tensor data. */
  readonly offset: number;
  readonly bytes: number;
};

export type GgufHeader = {
  readonly version: 2 | 3;
  readonly byteOrder: "little" | "big";
  readonly metadata: ReadonlyMap<string, GgufValue>;
  readonly tensors: readonly GgufTensor[];
  readonly alignment: number;
  /** Where the tensor data starts in the file. */
  readonly dataOffset: number;
  readonly fileBytes: number;
};

/** A whole number of the metadata; undefined where it is absent or something else. */
export function findNumber(header: GgufHeader, key: string): number | undefined {
  const entry = header.metadata.get(key);
  return entry?.type === "number" && typeof entry.value === "number" ? entry.value : undefined;
}

/** Numbers of the metadata that are one for all layers or one for each; undefined where they are something else. */
export function findNumbers(header: GgufHeader, key: string): readonly number[] | undefined {
  const entry = header.metadata.get(key);
  if (entry?.type === "number") return typeof entry.value === "number" ? [entry.value] : undefined;
  if (entry?.type !== "array" || entry.values === undefined) return undefined;
  const numbers = entry.values.filter((value) => typeof value === "number");
  return numbers.length === entry.count ? numbers : undefined;
}

export function findText(header: GgufHeader, key: string): string | undefined {
  const entry = header.metadata.get(key);
  return entry?.type === "text" ? entry.value : undefined;
}

/** How many elements an array of the metadata has. */
export function findCount(header: GgufHeader, key: string): number | undefined {
  const entry = header.metadata.get(key);
  return entry?.type === "array" ? entry.count : undefined;
}

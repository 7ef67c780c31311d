import { basename } from "node:path";
import { openFileSource } from "./byte-source.ts";
import { findCount, findNumber, findText, type GgufHeader } from "./header.ts";
import { readGgufHeader } from "./read-header.ts";
import { fileTypeNames } from "./tensor-types.ts";

/** What the header of a model file says; absent where it says nothing. */
export type GgufDescription = {
  readonly path: string;
  readonly name: string;
  readonly architecture: string;
  readonly parameters: number;
  readonly quantisation: string;
  readonly fileBytes: number;
  readonly tensors: number;
  readonly ggufVersion: number;
  readonly trainedContextTokens?: number;
  readonly layers?: number;
  readonly embeddingLength?: number;
  readonly heads?: number;
  readonly vocabularySize?: number;
  readonly hasChatTemplate: boolean;
  readonly license?: string;
};

/** Reads the header of the file at `path`. Throws AppError as `resolveModel` does. */
export function describeGguf(path: string): GgufDescription {
  using source = openFileSource(path);
  return describeHeader(path, readGgufHeader(source));
}

export function describeHeader(path: string, header: GgufHeader): GgufDescription {
  const architecture = findText(header, "general.architecture") ?? "unknown";
  const sizes = {
    trainedContextTokens: findNumber(header, `${architecture}.context_length`),
    layers: findNumber(header, `${architecture}.block_count`),
    embeddingLength: findNumber(header, `${architecture}.embedding_length`),
    heads: findNumber(header, `${architecture}.attention.head_count`),
    vocabularySize:
      findCount(header, "tokenizer.ggml.tokens") ?? findNumber(header, `${architecture}.vocab_size`),
    license: findText(header, "general.license"),
  };
  return {
    path,
    name: findText(header, "general.name") ?? basename(path, ".gguf"),
    architecture,
    parameters: header.tensors.reduce((sum, tensor) => sum + tensor.elements, 0),
    quantisation: describeQuantisation(header),
    fileBytes: header.fileBytes,
    tensors: header.tensors.length,
    ggufVersion: header.version,
    hasChatTemplate: header.metadata.has("tokenizer.chat_template"),
    ...withoutUndefined(sizes),
  };
}

/** The file's own word, or else the format that holds the most parameters. */
function describeQuantisation(header: GgufHeader): string {
  const named = fileTypeNames[findNumber(header, "general.file_type") ?? -1];
  if (named !== undefined) return named;
  const elements = new Map<string, number>();
  for (const tensor of header.tensors)
    elements.set(tensor.type, (elements.get(tensor.type) ?? 0) + tensor.elements);
  return [...elements].sort((left, right) => right[1] - left[1])[0]?.[0] ?? "unknown";
}

type Defined<T> = { readonly [Key in keyof T]?: Exclude<T[Key], undefined> };

function withoutUndefined<T extends object>(fields: T): Defined<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Defined<T>;
}

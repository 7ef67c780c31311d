import { basename } from "node:path";
import type { ModelCapabilities, ModelSummary } from "../record.ts";
import { findCapabilities } from "./capabilities.ts";
import { findCount, findNumber, findNumbers, findText, type GgufHeader } from "./header.ts";
import { readModelFiles } from "./split-files.ts";
import { fileTypeNames } from "./tensor-types.ts";

/** What the header of a model file says; absent where it says nothing. */
export type GgufDescription = {
  readonly path: string;
  readonly name: string;
  readonly architecture: string;
  readonly parameters: number;
  readonly quantisation: string;
  /** Of all parts. */
  readonly fileBytes: number;
  readonly parts: number;
  readonly tensors: number;
  readonly ggufVersion: number;
  readonly trainedContextTokens?: number;
  readonly layers?: number;
  readonly embeddingLength?: number;
  /** Where layers differ, of the layer that has most. */
  readonly heads?: number;
  readonly keyValueHeads?: number;
  readonly keyLength?: number;
  readonly valueLength?: number;
  readonly experts?: number;
  readonly expertsUsed?: number;
  readonly slidingWindowTokens?: number;
  readonly vocabularySize?: number;
  readonly hasChatTemplate: boolean;
  /** Cut off at `maxTemplateChars`. */
  readonly chatTemplate?: string;
  readonly license?: string;
  readonly licenseLink?: string;
  readonly capabilities: ModelCapabilities;
};

const maxTemplateChars = 64 * 1024;
const maxLabelChars = 1_000;

/** Reads the header of the file at `path`, or of all parts of a split model. Throws AppError as `readModelFiles` does. */
export function describeGguf(path: string): GgufDescription {
  const { header, parts } = readModelFiles(path);
  return describeHeader(path, header, parts.length);
}

export function describeHeader(path: string, header: GgufHeader, parts = 1): GgufDescription {
  const architecture = findLabel(header, "general.architecture") ?? "unknown";
  const template = findText(header, "tokenizer.chat_template");
  return {
    path,
    name: findLabel(header, "general.name") ?? basename(path, ".gguf"),
    architecture,
    parameters: countParameters(header),
    quantisation: describeQuantisation(header),
    fileBytes: header.fileBytes,
    parts,
    tensors: header.tensors.length,
    ggufVersion: header.version,
    hasChatTemplate: header.metadata.has("tokenizer.chat_template"),
    capabilities: findCapabilities(header),
    ...withoutUndefined({
      ...describeSizes(architecture, header),
      chatTemplate: template?.slice(0, maxTemplateChars),
      license: findLabel(header, "general.license.name") ?? findLabel(header, "general.license"),
      licenseLink: findLabel(header, "general.license.link"),
    }),
  };
}

function describeSizes(architecture: string, header: GgufHeader) {
  const find = (name: string) => findLargest(header, `${architecture}.${name}`);
  const embeddingLength = find("embedding_length");
  const heads = find("attention.head_count");
  const headSize = embeddingLength && heads ? Math.floor(embeddingLength / heads) : undefined;
  return {
    trainedContextTokens: find("context_length"),
    layers: find("block_count"),
    embeddingLength,
    heads,
    keyValueHeads: find("attention.head_count_kv") ?? heads,
    keyLength: find("attention.key_length") ?? headSize,
    valueLength: find("attention.value_length") ?? headSize,
    experts: find("expert_count") || undefined,
    expertsUsed: find("expert_used_count") || undefined,
    slidingWindowTokens: find("attention.sliding_window") || undefined,
    vocabularySize: findCount(header, "tokenizer.ggml.tokens") ?? find("vocab_size"),
  };
}

/** What listings show of a model. */
export function summarize(header: GgufHeader): ModelSummary {
  const architecture = findLabel(header, "general.architecture") ?? "unknown";
  const { trainedContextTokens, embeddingLength } = describeSizes(architecture, header);
  return {
    architecture,
    parameters: countParameters(header),
    quantisation: describeQuantisation(header),
    capabilities: findCapabilities(header),
    ...withoutUndefined({ title: findLabel(header, "general.name"), trainedContextTokens, embeddingLength }),
  };
}

export function countParameters(header: GgufHeader): number {
  return header.tensors.reduce((sum, tensor) => sum + tensor.elements, 0);
}

function findLargest(header: GgufHeader, key: string): number | undefined {
  const numbers = findNumbers(header, key);
  return numbers === undefined || numbers.length === 0 ? undefined : Math.max(...numbers);
}

function findLabel(header: GgufHeader, key: string): string | undefined {
  return findText(header, key)?.slice(0, maxLabelChars);
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

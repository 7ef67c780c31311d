import type { Refuse } from "./check-hyper-parameters.ts";
import { findNumber, type GgufHeader, type GgufTensor } from "./header.ts";

/** Formats that are for intermediate results, or that no kernel multiplies with. */
const unusableTypes: ReadonlySet<string> = new Set(["Q8_1", "Q8_K", "I8", "I16", "I64", "F64"]);
/** Models that are fed with another model's embeddings and may have none. */
const withoutEmbeddings: ReadonlySet<string> = new Set(["eagle3", "dflash"]);
const maxVocabulary = 2 ** 24;

/** Refuses tensors that are missing in any model, or stored as something that no kernel computes with. */
export function checkTensors(architecture: string, header: GgufHeader, refuse: Refuse): void {
  if (header.tensors.length === 0) throw refuse("it has no tensors; it is a vocabulary or was cut off");
  for (const tensor of header.tensors) checkType(tensor, refuse);
  const vocabulary = checkVocabulary(header, refuse);
  const embeddings = header.tensors.find(({ name }) => name === "token_embd.weight");
  if (embeddings === undefined) {
    if (withoutEmbeddings.has(architecture)) return;
    throw refuse('the tensor "token_embd.weight" is missing; convert the model again');
  }
  checkEmbeddings(architecture, header, embeddings, vocabulary, refuse);
}

/** Norms, biases and other vectors are added to or multiplied with activations, which the kernels do in F32 alone. */
function checkType({ name, type, shape }: GgufTensor, refuse: Refuse): void {
  const isVector = /(norm\.(weight|bias)|\.bias)$/.test(name) && shape.slice(1).every((axis) => axis === 1);
  if ((isVector || /norm\.(weight|bias)$/.test(name)) && type !== "F32") {
    throw refuse(
      `the tensor ${JSON.stringify(name)} is stored as ${type}, which only F32 can be computed with`,
    );
  }
  if (name.endsWith(".weight") && unusableTypes.has(type)) {
    throw refuse(`the tensor ${JSON.stringify(name)} is stored as ${type}, which cannot be computed with`);
  }
}

/** How many tokens there are; what goes with each must be there for all of them. */
function checkVocabulary(header: GgufHeader, refuse: Refuse): number | undefined {
  const tokens = header.metadata.get("tokenizer.ggml.tokens");
  if (tokens === undefined) return undefined;
  if (tokens.type !== "array" || tokens.elementType !== "string") throw refuse("its tokens are not texts");
  if (tokens.count === 0 || tokens.count > maxVocabulary) throw refuse(`it has ${tokens.count} tokens`);
  const companions = [
    ["scores", ["f32"]],
    ["token_type", ["i32", "u32"]],
  ] as const;
  for (const [name, types] of companions) {
    const entry = header.metadata.get(`tokenizer.ggml.${name}`);
    if (entry === undefined) continue;
    const isFit = entry.type === "array" && types.some((type) => type === entry.elementType);
    if (!isFit || entry.count !== tokens.count) {
      throw refuse(`tokenizer.ggml.${name} does not hold one number for each of its ${tokens.count} tokens`);
    }
  }
  const merges = header.metadata.get("tokenizer.ggml.merges");
  if (merges !== undefined && (merges.type !== "array" || merges.elementType !== "string")) {
    throw refuse("tokenizer.ggml.merges is not a list of texts");
  }
  return tokens.count;
}

function checkEmbeddings(
  architecture: string,
  header: GgufHeader,
  { shape, type }: GgufTensor,
  vocabulary: number | undefined,
  refuse: Refuse,
): void {
  const length = findNumber(header, `${architecture}.embedding_length`);
  const rows = shape[1] ?? 1;
  if (length === undefined) throw refuse(`it does not say ${architecture}.embedding_length`);
  if (type === "I32") throw refuse('the tensor "token_embd.weight" is stored as I32');
  if (vocabulary !== undefined && rows !== vocabulary) {
    throw refuse(`it has embeddings for ${rows} tokens and a vocabulary of ${vocabulary}`);
  }
}

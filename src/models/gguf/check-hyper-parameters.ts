import { findNumber, findNumbers, findText, type GgufHeader } from "./header.ts";

/** Makes the error that the model cannot be run for this reason. */
export type Refuse = (reason: string) => Error;

type Range = readonly [key: string, minimum: number, maximum: number];

/** Bounds of llama.cpp's own tables (llama-hparams.h) where it has them, else far beyond any model. */
const maxLayers = 512;
const maxExperts = 1_024;
const maxLength = 2 ** 20;
const maxHeads = 2 ** 16;

const ranges: readonly Range[] = [
  ["block_count", 1, maxLayers],
  ["embedding_length", 1, maxLength],
  ["embedding_length_out", 0, maxLength],
  ["context_length", 1, 2 ** 30],
  ["feed_forward_length", 0, 2 ** 24],
  ["expert_feed_forward_length", 0, 2 ** 24],
  ["nextn_predict_layers", 0, maxLayers],
  ["expert_count", 0, maxExperts],
  ["expert_used_count", 0, maxExperts],
  ["expert_group_count", 0, maxExperts],
  ["attention.head_count", 0, maxHeads],
  ["attention.head_count_kv", 0, maxHeads],
  ["attention.key_length", 1, maxHeads],
  ["attention.value_length", 1, maxHeads],
  ["attention.key_length_swa", 1, maxHeads],
  ["attention.value_length_swa", 1, maxHeads],
  ["rope.dimension_count", 0, maxHeads],
  ["rope.dimension_count_swa", 0, maxHeads],
  ["pooling_type", 0, 4],
  ["ssm.conv_kernel", 0, 1_024],
  ["ssm.state_size", 0, maxLength],
  ["ssm.inner_size", 0, maxLength],
  ["ssm.group_count", 0, maxHeads],
];
const epsilons = ["layer_norm_rms_epsilon", "layer_norm_epsilon", "group_norm_epsilon"];
const ropeScalings: ReadonlySet<string> = new Set(["none", "linear", "yarn", "longrope"]);

/** Refuses sizes that are absurd or do not go together; llama.cpp stops its whole process at most of them. */
export function checkHyperParameters(architecture: string, header: GgufHeader, refuse: Refuse): void {
  const key = (name: string) => `${architecture}.${name}`;
  for (const range of ranges) checkRange(architecture, header, range, refuse);
  for (const name of epsilons) {
    const value = findNumber(header, key(`attention.${name}`));
    if (value !== undefined && !(value >= 0 && value < 1)) {
      throw refuse(`${key(`attention.${name}`)} is ${value}, not a number from 0 to 1`);
    }
  }
  const scaling = findText(header, key("rope.scaling.type"));
  if (scaling !== undefined && !ropeScalings.has(scaling)) {
    throw refuse(
      `${key("rope.scaling.type")} is ${JSON.stringify(scaling.slice(0, 40))}, which is not known`,
    );
  }
  const predicted = findNumber(header, key("nextn_predict_layers")) ?? 0;
  const layers = findNumber(header, key("block_count"));
  if (layers === undefined) throw refuse(`it does not say ${key("block_count")}`);
  if (predicted > layers) throw refuse(`it predicts with ${predicted} of ${layers} layers`);
  checkHeads(architecture, header, refuse);
  checkExperts(architecture, header, refuse);
}

function checkRange(architecture: string, header: GgufHeader, range: Range, refuse: Refuse): void {
  const [name, minimum, maximum] = range;
  const key = `${architecture}.${name}`;
  const entry = header.metadata.get(key);
  if (entry === undefined) return;
  if (entry.type === "array" && entry.count > maxLayers) {
    throw refuse(`${key} has ${entry.count} values, more than ${maxLayers} layers`);
  }
  const values = findNumbers(header, key);
  if (values === undefined) throw refuse(`${key} is not a number`);
  for (const value of values) {
    if (!Number.isInteger(value) || value < minimum || value > maximum) {
      throw refuse(`${key} is ${value}, not a whole number from ${minimum} to ${maximum}`);
    }
  }
}

function checkHeads(architecture: string, header: GgufHeader, refuse: Refuse): void {
  const find = (name: string) => findNumber(header, `${architecture}.${name}`);
  const heads = find("attention.head_count");
  const embedding = find("embedding_length");
  if (heads === undefined) return;
  if (heads === 0) {
    if (isRecurrent(architecture, header)) return;
    throw refuse(`${architecture}.attention.head_count is 0; it has no attention at all`);
  }
  const keyValueHeads = find("attention.head_count_kv");
  if (keyValueHeads !== undefined && keyValueHeads > 0 && heads % keyValueHeads !== 0) {
    throw refuse(`its ${heads} heads cannot share ${keyValueHeads} heads of keys and values evenly`);
  }
  const keyLength = find("attention.key_length");
  if (embedding !== undefined && keyLength === undefined && embedding % heads !== 0) {
    throw refuse(`its embedding of ${embedding} cannot be divided among ${heads} heads`);
  }
  const headSize = keyLength ?? (embedding === undefined ? undefined : embedding / heads);
  const rotated = find("rope.dimension_count");
  if (rotated === undefined || headSize === undefined) return;
  if (rotated % 2 !== 0 || rotated > headSize) {
    throw refuse(`${architecture}.rope.dimension_count is ${rotated} in heads of ${headSize}`);
  }
}

function isRecurrent(architecture: string, header: GgufHeader): boolean {
  return ["ssm.state_size", "wkv.head_size"].some((name) => header.metadata.has(`${architecture}.${name}`));
}

function checkExperts(architecture: string, header: GgufHeader, refuse: Refuse): void {
  const find = (name: string) => Math.max(0, ...(findNumbers(header, `${architecture}.${name}`) ?? []));
  const experts = find("expert_count");
  const used = find("expert_used_count");
  const groups = find("expert_group_count");
  // llama.cpp takes one expert of these for none.
  if (experts <= 1 && architecture.startsWith("hunyuan")) return;
  if (used > experts || (experts > 0 && used === 0)) {
    throw refuse(`it uses ${used} of ${experts} experts`);
  }
  const groupsUsed = find("expert_group_used_count");
  const isUneven = groups > 1 && (experts % groups !== 0 || groupsUsed === 0 || groupsUsed >= groups);
  if (isUneven || (groups > 0 && groups >= experts)) {
    throw refuse(`it divides ${experts} experts into ${groups} groups of which ${groupsUsed} are used`);
  }
}

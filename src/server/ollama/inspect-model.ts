import type { JsonObject } from "../../contract/index.ts";
import {
  findText,
  type GgufHeader,
  type LayerRole,
  type MemoryEstimate,
  type ModelRecord,
  readFileHeader,
  toModelInfo,
} from "../../models/index.ts";
import type { InspectionOptions, ModelInspection } from "../deps.ts";

/** The part of an estimate that clients are told. */
type ToldEstimate = Omit<MemoryEstimate, "plan">;

export type ModelInspectorOptions = {
  /** What the model would take as this server loads it, in a context of so many tokens or the usual one. */
  readonly estimate: (record: ModelRecord, contextTokens?: number) => ToldEstimate;
};

/** Reads what `/api/show` tells from the headers of a model's files. Throws AppError where one cannot be read. */
export function createModelInspector({ estimate }: ModelInspectorOptions) {
  return async function inspectModel(
    record: ModelRecord,
    { verbose, contextTokens }: InspectionOptions,
  ): Promise<ModelInspection> {
    const headers = readHeaders(record, "model");
    const [adapter] = headers.length === 0 ? readHeaders(record, "adapter") : [];
    const first = headers[0] ?? adapter;
    if (!first) return { modelInfo: {} };
    const [projector] = readHeaders(record, "projector");
    const chatTemplate = findText(first, "tokenizer.chat_template");
    return {
      modelInfo: { ...toModelInfo(first, { verbose }), "general.parameter_count": record.summary.parameters },
      ...(projector ? { projectorInfo: toModelInfo(projector, { verbose }) } : {}),
      ...(chatTemplate === undefined ? {} : { chatTemplate }),
      ...(verbose ? { tensors: headers.flatMap(listTensors) } : {}),
      ...(headers.length > 0 ? { memory: toMemory(estimate(record, contextTokens)) } : {}),
    };
  };
}

function readHeaders(record: ModelRecord, role: LayerRole): GgufHeader[] {
  return record.layers.filter((layer) => layer.role === role).map(({ path }) => readFileHeader(path));
}

function listTensors(header: GgufHeader) {
  return header.tensors.map(({ name, type, shape }) => ({ name, type, shape }));
}

/** Bytes, and the context that they are for. */
function toMemory(estimate: ToldEstimate): JsonObject {
  return {
    total: estimate.totalBytes,
    host: estimate.hostBytes,
    vram: estimate.deviceBytes,
    weights: estimate.weightsBytes,
    kv: estimate.kvBytes,
    compute: estimate.computeBytes,
    output: estimate.outputBytes,
    projector: estimate.projectorBytes,
    adapters: estimate.adapterBytes,
    runtime: estimate.runtimeBytes,
    context_length: estimate.contextTokens,
    kv_tokens: estimate.kvTokens,
    layers: estimate.layers,
    layers_on_device: estimate.layersOnDevice,
  };
}

/**
 * What a model will take once it is loaded and has answered, from its headers alone. The sum is what the engine host's
 * resident memory then shows, within a tenth on the models that it was measured with; where a header leaves something open,
 * such as the widths of an architecture that is not known here, the larger answer is taken. Parked prefixes are not in it: they
 * have their own limit and are seen in the host's statistics.
 */
import { AppError } from "../../base/index.ts";
import type { GgufHeader } from "../gguf/header.ts";
import {
  type ContextUse,
  countCellBytes,
  countComputeBytes,
  countKvBytes,
  countOutputBytes,
  countWorkBytes,
  useForEmbedding,
  useForGeneration,
} from "./context-memory.ts";
import { type ModelShape, readShape } from "./model-shape.ts";
import { type ContextOptions, type ContextPlan, type KvType, planContext } from "./plan-context.ts";
import { type CpuFeatures, readCpuFeatures } from "./repacking.ts";
import { countRuntimeBytes } from "./runtime.ts";
import { countWeights } from "./weights.ts";

export type EstimateOptions = ContextOptions & {
  readonly kvType: KvType;
  /** All that models may take; the KV cache gets a share of it where no size is asked for. */
  readonly memoryBytes: number;
  readonly threads?: number;
  /** Layers on a GPU, the output as one more; −1 means all, 0 none. */
  readonly gpuLayers?: number;
  readonly projector?: GgufHeader;
  readonly adapters?: readonly GgufHeader[];
  /** Longest input that a model without generation is expected to get at once. */
  readonly embedTokens?: number;
  /** Absent: this machine's. */
  readonly cpu?: CpuFeatures;
};

export type MemoryEstimate = {
  /** Of all layers, wherever they lie; on the CPU with the copies that its kernels want. */
  readonly weightsBytes: number;
  readonly kvBytes: number;
  readonly computeBytes: number;
  readonly outputBytes: number;
  readonly projectorBytes: number;
  readonly adapterBytes: number;
  readonly runtimeBytes: number;
  readonly totalBytes: number;
  /** Of the total: in the memory of the machine, and of a GPU. */
  readonly hostBytes: number;
  readonly deviceBytes: number;
  readonly kvTokens: number;
  /** Of one sequence. */
  readonly contextTokens: number;
  readonly layers: number;
  /** The output counts as one layer more. */
  readonly layersOnDevice: number;
  /** What the engine host is to be started with, so that the estimate holds. */
  readonly plan: ContextPlan;
};

/** What a process holds on a GPU before it has put anything there: its context and kernels. A usual value, not measured. */
const deviceRuntimeBytes = 300 * 2 ** 20;
const defaultThreads = 4;

/** Bytes in the memory of the machine and of a GPU. */
type Placed = { readonly hostBytes: number; readonly deviceBytes: number };

/** `headers`: of the model, or of all its parts in order. Throws AppError server_error where there is none. */
export function estimateMemory(
  headers: GgufHeader | readonly GgufHeader[],
  options: EstimateOptions,
): MemoryEstimate {
  const parts = "metadata" in headers ? [headers] : headers;
  const [first] = parts;
  if (first === undefined)
    throw new AppError("server_error", "the memory of a model without files was asked for");
  const shape = readShape({ ...first, tensors: parts.flatMap(({ tensors }) => tensors) });
  const layers = shape.layers.length;
  const layersOnDevice = countLayersOnDevice(options.gpuLayers ?? 0, layers);
  const kvCellBytes = countCellBytes(shape, options.kvType);
  const plan = planContext({ ...shape, kvCellBytes }, options, options.memoryBytes);
  const use = shape.generates
    ? useForGeneration(shape, plan, options.kvType)
    : useForEmbedding(shape, plan, options.embedTokens);
  const cpu = options.cpu ?? readCpuFeatures();
  const memory = {
    weights: countWeights(parts, { layers, layersOnDevice, cpu }),
    kv: placeKv(shape, use, layersOnDevice),
    compute: placeCompute(shape, use, { threads: options.threads ?? defaultThreads, layersOnDevice }),
    output: onHost(countOutputBytes(use)),
    projector: onHost(countTensorBytes(options.projector === undefined ? [] : [options.projector])),
    adapter: onHost(countTensorBytes(options.adapters ?? [])),
    runtime: {
      hostBytes: countRuntimeBytes(shape, use.kvTokens),
      deviceBytes: layersOnDevice > 0 ? deviceRuntimeBytes : 0,
    },
  };
  const { hostBytes, deviceBytes } = Object.values(memory).reduce(add);
  return {
    weightsBytes: sum(memory.weights),
    kvBytes: sum(memory.kv),
    computeBytes: sum(memory.compute),
    outputBytes: sum(memory.output),
    projectorBytes: sum(memory.projector),
    adapterBytes: sum(memory.adapter),
    runtimeBytes: sum(memory.runtime),
    totalBytes: sum({ hostBytes, deviceBytes }),
    hostBytes: toWholeBytes(hostBytes),
    deviceBytes: toWholeBytes(deviceBytes),
    kvTokens: shape.generates ? plan.kvTokens : 0,
    contextTokens: plan.sequenceTokens,
    layers,
    layersOnDevice,
    plan,
  };
}

/** The output counts as one layer more; a negative number means all. */
function countLayersOnDevice(gpuLayers: number, layers: number): number {
  return gpuLayers < 0 ? layers + 1 : Math.min(gpuLayers, layers + 1);
}

function placeKv(shape: ModelShape, use: ContextUse, layersOnDevice: number): Placed {
  const all = countKvBytes(shape, use, 0);
  const deviceBytes = countKvBytes(shape, use, shape.layers.length + 1 - layersOnDevice);
  return { hostBytes: all - deviceBytes, deviceBytes };
}

/** Layers on either side need a buffer of their own, and the one beside the GPU is taken to be as large. */
function placeCompute(
  shape: ModelShape,
  use: ContextUse,
  { threads, layersOnDevice }: { readonly threads: number; readonly layersOnDevice: number },
): Placed {
  const bytes = countComputeBytes(shape, use);
  return {
    hostBytes: bytes + countWorkBytes(shape, use, threads),
    deviceBytes: layersOnDevice > 0 ? bytes : 0,
  };
}

function countTensorBytes(headers: readonly GgufHeader[]): number {
  return headers.flatMap(({ tensors }) => tensors).reduce((bytes, tensor) => bytes + tensor.bytes, 0);
}

function onHost(hostBytes: number): Placed {
  return { hostBytes, deviceBytes: 0 };
}

function add(left: Placed, right: Placed): Placed {
  return {
    hostBytes: left.hostBytes + right.hostBytes,
    deviceBytes: left.deviceBytes + right.deviceBytes,
  };
}

function sum({ hostBytes, deviceBytes }: Placed): number {
  return toWholeBytes(toWholeBytes(hostBytes) + toWholeBytes(deviceBytes));
}

/** Sizes that a hostile header claims may be beyond what can be counted. */
function toWholeBytes(bytes: number): number {
  return Math.min(Number.MAX_SAFE_INTEGER, Math.ceil(bytes));
}

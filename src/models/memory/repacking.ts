/**
 * Weights that the CPU backend keeps a second time, in an order that its kernels like better: the file's own pages stay
 * mapped beside them. Which these are follows ggml_repack_get_optimal_repack_type (repack.cpp) and the AMX buffer type (amx.cpp).
 */
import { closeSync, openSync, readSync } from "node:fs";
import type { GgufTensor } from "../gguf/header.ts";

export type CpuFeatures = {
  readonly avx2: boolean;
  readonly avx512: boolean;
  readonly amx: boolean;
  readonly neonDotProduct: boolean;
  readonly neonInt8: boolean;
};

/** Types, and what the number of rows must be a multiple of. */
type RowMultiples = Readonly<Record<string, number>>;

const avx2Types: RowMultiples = { Q4_0: 8, Q4_K: 8, IQ4_NL: 8, MXFP4: 8 };
const avx512Types: RowMultiples = { ...avx2Types, Q2_K: 8 };
const neonTypes: RowMultiples = { Q4_0: 4, Q8_0: 4, IQ4_NL: 4, MXFP4: 4, Q1_0: 4, Q4_K: 8, Q5_K: 8, Q6_K: 8 };
const amxTypes: RowMultiples = { Q4_0: 32, Q4_1: 32, Q8_0: 32, Q4_K: 32, Q5_K: 32, Q6_K: 32, IQ4_XS: 32 };
/** Looked up by row and not multiplied with. */
const lookedUp = /(^|[._])(token_embd|position_embd|token_types)\b|norm/;
const cpuListPath = "/proc/cpuinfo";
/** Enough for the first processor's flags. */
const cpuListBytes = 8_192;

/** Whether the weight is copied when it is loaded for the CPU. The embedding is where it also serves as the output. */
export function isRepacked(tensor: GgufTensor, cpu: CpuFeatures): boolean {
  return !lookedUp.test(tensor.name) && canRepack(tensor, cpu);
}

/** Whether there are kernels for such a copy, whatever the weight is used for. */
export function canRepack({ shape, type }: GgufTensor, cpu: CpuFeatures): boolean {
  const rows = shape[1] ?? 1;
  const isMatrix = shape.length === 2 || (shape.length === 3 && (shape[2] ?? 1) > 1);
  if (!isMatrix || rows <= 1) return false;
  return repackTables(shape.length, cpu).some((table) => {
    const multiple = table[type];
    return multiple !== undefined && rows % multiple === 0;
  });
}

function repackTables(dimensions: number, cpu: CpuFeatures): readonly RowMultiples[] {
  const tables: RowMultiples[] = [];
  if (cpu.amx && dimensions === 2) tables.push(amxTypes);
  if (cpu.avx2) tables.push(cpu.avx512 ? avx512Types : avx2Types);
  if (cpu.neonDotProduct || cpu.neonInt8) tables.push(neonTypes);
  return tables;
}

/** Of this machine's first processor; without a list of them, what all of its kind have. */
export function readCpuFeatures(): CpuFeatures {
  return parseCpuFeatures(readCpuList(), process.arch);
}

/** `list` is the text of /proc/cpuinfo. */
export function parseCpuFeatures(list: string, architecture: string): CpuFeatures {
  const line = /^(?:flags|Features)\s*:(.*)$/m.exec(list)?.[1] ?? "";
  const flags = new Set(line.split(/\s+/));
  const isArm = architecture === "arm64";
  const isUnknown = line === "";
  return {
    avx2: architecture === "x64" && (isUnknown || flags.has("avx2")),
    avx512: flags.has("avx512f") && flags.has("avx512bw"),
    amx: flags.has("amx_int8") && flags.has("amx_tile"),
    neonDotProduct: isArm && (isUnknown || flags.has("asimddp")),
    neonInt8: isArm && (isUnknown || flags.has("i8mm")),
  };
}

function readCpuList(): string {
  try {
    const file = openSync(cpuListPath, "r");
    try {
      const bytes = Buffer.alloc(cpuListBytes);
      return bytes.toString("latin1", 0, readSync(file, bytes, 0, cpuListBytes, 0));
    } finally {
      closeSync(file);
    }
  } catch {
    return "";
  }
}

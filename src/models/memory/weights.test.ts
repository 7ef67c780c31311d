import { describe, expect, test } from "bun:test";
import { createHeader } from "./header.fixture.ts";
import { type CpuFeatures, parseCpuFeatures } from "./repacking.ts";
import { countWeights } from "./weights.ts";

const plain: CpuFeatures = {
  avx2: false,
  avx512: false,
  amx: false,
  neonDotProduct: false,
  neonInt8: false,
};
const avx2 = { ...plain, avx2: true };
const embedding = ["token_embd.weight", "Q4_0", [32, 64]] as const;
const norm = ["blk.0.attn_norm.weight", "F32", [32]] as const;
const query = ["blk.0.attn_q.weight", "Q4_0", [32, 64]] as const;
const output = ["output.weight", "Q4_0", [32, 64]] as const;
const outputNorm = ["output_norm.weight", "F32", [32]] as const;
const matrixBytes = (32 * 64 * 18) / 32;
const normBytes = 32 * 4;
const onCpu = { layers: 1, layersOnDevice: 0 };

describe("countWeights", () => {
  test("takes the mapped file as it is where the CPU repacks nothing", () => {
    const header = createHeader({ tensors: [embedding, norm, query, outputNorm, output] });
    expect(countWeights([header], { ...onCpu, cpu: plain })).toEqual({
      hostBytes: 3 * matrixBytes + 2 * normBytes,
      deviceBytes: 0,
    });
  });

  test("adds a copy of what is repacked, and leaves out what is unmapped at the end", () => {
    const header = createHeader({ tensors: [embedding, norm, query, outputNorm, output] });
    const { hostBytes } = countWeights([header], { ...onCpu, cpu: avx2 });
    const mapped = 2 * matrixBytes + 2 * normBytes;
    expect(hostBytes).toBe(mapped + 2 * matrixBytes);
  });

  test("copies the embedding too where it serves as the output", () => {
    const header = createHeader({ tensors: [embedding, norm, query, outputNorm] });
    const { hostBytes } = countWeights([header], { ...onCpu, cpu: avx2 });
    expect(hostBytes).toBe(2 * matrixBytes + 2 * normBytes + 2 * matrixBytes);
  });

  test("puts the output on a GPU first, then the last layers, and keeps the embedding", () => {
    const header = createHeader({ tensors: [embedding, norm, query, outputNorm, output] });
    const place = (layersOnDevice: number) =>
      countWeights([header], { layers: 1, layersOnDevice, cpu: plain });
    expect(place(1)).toEqual({
      hostBytes: 2 * matrixBytes + normBytes,
      deviceBytes: matrixBytes + normBytes,
    });
    expect(place(2)).toEqual({ hostBytes: matrixBytes, deviceBytes: 2 * matrixBytes + 2 * normBytes });
  });

  test("adds up the parts of a split model, joined into one header or not", () => {
    const first = createHeader({ tensors: [embedding, norm] });
    const second = createHeader({ tensors: [query, outputNorm] });
    const joined = { ...first, tensors: [...first.tensors, ...second.tensors] };
    const apart = countWeights([first, second], { ...onCpu, cpu: plain });
    expect(apart.hostBytes).toBe(2 * matrixBytes + 2 * normBytes);
    expect(countWeights([joined], { ...onCpu, cpu: plain })).toEqual(apart);
  });
});

describe("parseCpuFeatures", () => {
  test("reads the flags of an x86 processor and of an ARM one", () => {
    expect(parseCpuFeatures("processor\t: 0\nflags\t\t: fpu avx2 avx512f avx512bw\n", "x64")).toEqual({
      ...avx2,
      avx512: true,
    });
    expect(parseCpuFeatures("Features\t: fp asimd asimddp i8mm\n", "arm64")).toEqual({
      ...plain,
      neonDotProduct: true,
      neonInt8: true,
    });
  });

  test("takes the usual features where there is no list", () => {
    expect(parseCpuFeatures("", "x64")).toEqual(avx2);
    expect(parseCpuFeatures("", "arm64")).toEqual({ ...plain, neonDotProduct: true, neonInt8: true });
  });
});

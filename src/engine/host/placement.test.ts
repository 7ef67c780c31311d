import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { AppError } from "../../base/index.ts";
import {
  describePlacement,
  isMemoryFailure,
  PlacementError,
  placeLayers,
  planAttempts,
} from "./placement.ts";

const noMemory = (gpuLayers: number) =>
  new AppError(
    "model_load_failed",
    `ggml_cuda: allocating 1 MiB: cudaMalloc failed: out of memory (${gpuLayers})`,
  );
const gpu = { hasGpu: true, gpuLayers: -1, layers: 32 };

/** Loads where at most `most` layers fit; tells what was tried. */
function placeWith(
  most: number,
  wish: Parameters<typeof placeLayers>[0],
  failure: (gpuLayers: number) => Error = noMemory,
) {
  const tried: number[] = [];
  const place = () =>
    placeLayers(wish, (gpuLayers) => {
      tried.push(gpuLayers);
      if (gpuLayers < 0 || gpuLayers > most) throw failure(gpuLayers);
      return `loaded with ${gpuLayers}`;
    });
  return { tried, place };
}

describe("placing layers", () => {
  test("stops at the first number that fits, and keeps what failed before with its reason", () => {
    const { tried, place } = placeWith(20, gpu);
    const placed = place();
    expect(placed).toMatchObject({ loaded: "loaded with 16", gpuLayers: 16 });
    expect(tried).toEqual([33, 24, 16]);
    expect(describePlacement(placed, 32, String)).toEqual({
      device: "both",
      gpuLayers: 16,
      failedAttempts: [
        { gpuLayers: 32, reason: expect.stringContaining("out of memory (33)") },
        { gpuLayers: 24, reason: expect.stringContaining("out of memory (24)") },
      ],
    });
  });

  test("ends on the CPU where not even an eighth fits", () => {
    const { tried, place } = placeWith(0, gpu);
    expect(describePlacement(place(), 32, () => "full")).toMatchObject({ device: "cpu", gpuLayers: 0 });
    expect(tried.at(-1)).toBe(0);
    expect(tried.length).toBeLessThanOrEqual(8);
  });

  test("begins with what is expected to fit", () => {
    const { tried, place } = placeWith(12, { ...gpu, firstGpuLayers: 16 });
    expect(place().gpuLayers).toBe(12);
    expect(tried).toEqual([16, 12]);
  });

  test("puts nothing on a GPU that is not there or not wanted", () => {
    for (const wish of [
      { ...gpu, hasGpu: false },
      { ...gpu, gpuLayers: 0 },
      { ...gpu, firstGpuLayers: 0 },
    ])
      expect(planAttempts(wish)).toEqual([0]);
  });

  test("says that all layers are on the GPU only where the output is there too", () => {
    const on = (gpuLayers: number) => describePlacement({ gpuLayers, failedAttempts: [] }, 32, String);
    expect(on(-1)).toMatchObject({ device: "gpu", gpuLayers: 32 });
    expect(on(33)).toMatchObject({ device: "gpu", gpuLayers: 32 });
    expect(on(32)).toMatchObject({ device: "both", gpuLayers: 32 });
  });

  test("a broken file is tried once", () => {
    const broken = () => new AppError("model_load_failed", "tensor 'x' data is not within the file bounds");
    const { tried, place } = placeWith(-1, gpu, broken);
    expect(place).toThrow(PlacementError);
    expect(tried).toEqual([33]);
  });

  test("a failure of another kind ends the attempts after those for want of memory", () => {
    const failure = (layers: number) => (layers > 20 ? noMemory(layers) : new Error("the file is gone"));
    const { tried, place } = placeWith(-1, gpu, failure);
    expect(place).toThrow(PlacementError);
    expect(tried).toEqual([33, 24, 16]);
  });

  test("what fits nowhere is told with every attempt", () => {
    const { place } = placeWith(-1, { ...gpu, gpuLayers: 4 });
    try {
      place();
    } catch (error) {
      if (!(error instanceof PlacementError)) throw error;
      expect(error.failedAttempts.map(({ gpuLayers }) => gpuLayers)).toEqual([4, 3, 2, 1, 0]);
      return;
    }
    throw new Error("it was placed");
  });

  test("attempts fall to 0 without a repetition and never exceed what is wanted, whatever the model", () => {
    const wish = fc.record(
      {
        hasGpu: fc.boolean(),
        gpuLayers: fc.integer({ min: -1, max: 300 }),
        firstGpuLayers: fc.integer({ min: -1, max: 300 }),
        layers: fc.integer({ min: 1, max: 200 }),
      },
      { requiredKeys: ["hasGpu", "gpuLayers"] },
    );
    fc.assert(
      fc.property(wish, (options) => {
        const attempts = planAttempts(options);
        expect(attempts.at(-1)).toBe(0);
        expect(attempts.length).toBeLessThanOrEqual(8);
        const counted = attempts.filter((layers) => layers >= 0);
        expect(counted).toEqual([...new Set(counted)].sort((a, b) => b - a));
        if (options.gpuLayers >= 0)
          for (const layers of attempts) expect(layers).toBeLessThanOrEqual(options.gpuLayers);
        expect(attempts.slice(1)).not.toContain(-1);
      }),
    );
  });
});

test.each([
  [
    "ggml_backend_cuda_buffer_type_alloc_buffer: allocating 9.00 MiB on device 0: cudaMalloc failed: out of memory",
    true,
  ],
  ["alloc_tensor_range: failed to allocate CUDA0 buffer of size 123", true],
  ["llama_model_load: error loading model: unable to allocate CUDA0 buffer", true],
  ["ggml_vulkan: Device memory allocation of size 123 failed.", true],
  ["failed to initialize the context: failed to allocate compute pp buffers", true],
  ["failed to initialize the context: failed to allocate buffer for kv cache", true],
  [
    "tensor 'blk.0.ffn_up.weight' data is not within the file bounds, model is corrupted or incomplete",
    false,
  ],
  ["unknown model architecture: 'x'", false],
  ["check_tensor_dims: tensor 'token_embd.weight' has wrong shape", false],
])("of %p it is %p that memory was missing", (log, expected) => {
  expect(isMemoryFailure(new AppError("model_load_failed", log))).toBe(expected);
});

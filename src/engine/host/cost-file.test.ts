import { describe, expect, test } from "bun:test";
import { createTemporaryFolder, demoModelPath } from "../../testing/index.ts";
import { openCostFile } from "./cost-file.ts";
import type { LoadOptions } from "./load-options.ts";

const context = {
  kvTokens: 1024,
  sequenceTokens: 1024,
  maxSequences: 4,
  batchTokens: 512,
  maxOutputs: 4,
  embedTokens: 512,
  threads: 4,
};
const load: LoadOptions = {
  libraryDir: "",
  modelPath: demoModelPath,
  context,
  parallel: 4,
  kvType: "f16",
  gpuLayers: 0,
  prefixCacheBytes: 0,
};

describe("what is learnt of step costs", () => {
  test.each(["in a folder", "in memory"])(
    "%s belongs to the number of threads it was measured with",
    (kept) => {
      using folder = createTemporaryFolder();
      const options = kept === "in memory" ? load : { ...load, stateDir: folder.path };
      const file = openCostFile(options, context);
      file.costs.recordDecode(1, 10);
      file.changeThreads(2);
      expect(file.costs.decodeMs(1)).toBeUndefined();
      file.costs.recordDecode(1, 16);
      file.changeThreads(4);
      expect(file.costs.decodeMs(1)).toBe(10);
      file.changeThreads(2);
      expect(file.costs.decodeMs(1)).toBe(16);
    },
  );

  test("is there again after a new start, for the same threads and no others", () => {
    using folder = createTemporaryFolder();
    const options = { ...load, stateDir: folder.path };
    const file = openCostFile(options, context);
    file.costs.recordDecode(1, 10);
    file.save();
    expect(openCostFile(options, context).costs.decodeMs(1)).toBe(10);
    expect(openCostFile(options, { ...context, threads: 2 }).costs.decodeMs(1)).toBeUndefined();
  });
});

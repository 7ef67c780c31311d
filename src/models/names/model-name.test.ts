import { expect, test } from "bun:test";
import { canonicalName, lookupNames, nameFile, toModelName } from "./model-name.ts";
import { parseReference } from "./model-reference.ts";

test.each([
  ["qwen3", "qwen3:latest"],
  ["library/qwen3:0.6b", "qwen3:0.6b"],
  ["hearth-demo", "hearth-demo"],
  ["huggingface.co/org/repo:q4_k_m", "hf.co/org/repo:Q4_K_M"],
  ["hf.co/org/repo@abc123:Q4_K_M", "hf.co/org/repo:Q4_K_M"],
  ["/models/Tiny-Q8_0.gguf", "Tiny-Q8_0"],
  ["https://example.com/a/My%20Model.gguf?sig=1", "My-Model"],
])("%s is called %s", (text, expected) => {
  expect(canonicalName(text)).toBe(expected);
});

test.each([
  ["my model (1).gguf", "my-model-1-"],
  ["...gguf", "model"],
  ["../../.hidden.gguf", "hidden"],
])("the file %j is called %s", (path, expected) => {
  expect(nameFile(path)).toBe(expected);
});

test("a name without a tag finds a file of that stem before a model tagged latest", () => {
  expect(lookupNames("tiny")).toEqual(["tiny", "tiny:latest"]);
  expect(lookupNames("hearth-demo")).toEqual(["hearth-demo"]);
  expect(lookupNames("tiny:latest")).toEqual(["tiny:latest", "tiny"]);
  expect(lookupNames("tiny.gguf")).toEqual(["tiny.gguf", "tiny"]);
  expect(lookupNames("qwen3:0.6b")).toEqual(["qwen3:0.6b"]);
});

test("text that can name nothing is looked up nowhere", () => {
  expect(lookupNames("a b\u0000")).toEqual([]);
  expect(lookupNames("../hearth-demo")).toEqual([]);
  expect(lookupNames("/models/tiny.gguf")).toEqual([]);
});

test("revisions of one file answer to one name", () => {
  const names = ["hf.co/o/r:F16", "hf.co/o/r@dev:F16"].map((text) => toModelName(parseReference(text)));
  expect(names).toEqual(["hf.co/o/r:F16", "hf.co/o/r:F16"]);
});

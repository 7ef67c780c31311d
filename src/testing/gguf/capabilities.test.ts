import { expect, test } from "bun:test";
import { loadTestBackend } from "../../engine/host/llama-fixture.ts";
import { openFileSource } from "../../models/gguf/byte-source.ts";
import { summarize } from "../../models/gguf/describe.ts";
import { readGgufHeader } from "../../models/gguf/read-header.ts";
import { demoModelPath, findTestModel } from "../models.ts";

test.each([
  "hearth-demo",
  "stories260K.gguf",
  "stories260K-ctx512-chat.gguf",
  "llama-2-tiny-random.gguf",
  "synthetic-bert-rerank-f16.gguf",
  "w2v1000-static-bert-f16.gguf",
])("the header of %s says what its engine host finds", (name) => {
  const path = name === "hearth-demo" ? demoModelPath : findTestModel(name);
  if (path === undefined) return;
  using source = openFileSource(path);
  const summary = summarize(readGgufHeader(source));
  const backend = loadTestBackend({ modelPath: path });
  try {
    const { capabilities, architecture, parameters, trainedContextTokens, embeddingLength } = backend.model;
    expect(summary).toMatchObject({ architecture, parameters, trainedContextTokens, embeddingLength });
    expect(summary.capabilities).toEqual(capabilities);
  } finally {
    backend.free();
  }
});

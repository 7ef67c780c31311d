import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { systemClock } from "../../resilience/index.ts";
import { encodeGguf } from "../../testing/gguf/gguf-writer.ts";
import { createTinyModel } from "../../testing/gguf/tiny-model.ts";
import { demoModelPath } from "../../testing/models.ts";
import { digestOf, startRegistry } from "../../testing/registry/registry-server.ts";
import { createTemporaryFolder } from "../../testing/temporary-folder.ts";
import { createBlobStore } from "../blobs/fs-blob-store.ts";
import { findText } from "../gguf/header.ts";
import { parseReference } from "../names/model-reference.ts";
import { inspectRemote } from "../remote-model.ts";
import { hastierClock, hastyClock } from "./pull-setup.fixture.ts";
import { createPuller } from "./puller.ts";

const never = new AbortController().signal;
const demo = readFileSync(demoModelPath);

function setUp(clock = systemClock) {
  const folder = createTemporaryFolder();
  const server = startRegistry();
  const puller = createPuller({
    blobs: createBlobStore(folder.path),
    registry: server.url,
    huggingFace: { endpoint: server.url },
    clock,
    random: () => 0,
  });
  return {
    server,
    inspect: (reference: string) => inspectRemote(puller, parseReference(reference), { signal: never }),
    [Symbol.dispose]() {
      server[Symbol.dispose]();
      folder[Symbol.dispose]();
    },
  };
}

test("a model's headers are read where it is, without the weights behind them", async () => {
  using given = setUp();
  given.server.addRepository("org/demo", { "demo-Q8_0.gguf": { bytes: demo } });
  const { record, headers } = await given.inspect("hf.co/org/demo:Q8_0");
  expect(record).toMatchObject({
    name: "hf.co/org/demo:Q8_0",
    source: "remote",
    layers: [{ role: "model", bytes: demo.byteLength }],
    summary: { architecture: "llama", quantisation: "Q8_0", capabilities: { tools: true } },
  });
  expect(findText(headers[0], "general.architecture")).toBe("llama");
  expect(given.server.sent.total(digestOf(demo))).toBeLessThan(demo.byteLength / 2);
});

test("a server without ranges is read from its start, no further than the header", async () => {
  using given = setUp();
  given.server.addFile("/demo.gguf", demo);
  given.server.misbehave({ path: "demo", how: { kind: "ignore-range" } });
  expect((await given.inspect(`${given.server.url}/demo.gguf`)).record.summary.architecture).toBe("llama");
});

test.each([
  ["cut", hastyClock],
  ["reset", hastyClock],
  ["stall", hastierClock],
] as const)("a %s in the middle of a header is tried again", async (kind, clock) => {
  using given = setUp(clock);
  given.server.addRepository("org/demo", { "demo-Q8_0.gguf": { bytes: demo } });
  given.server.misbehave({ path: "demo-Q8_0", times: 2, how: { kind, afterBytes: 10_000 } });
  const { record } = await given.inspect("hf.co/org/demo:Q8_0");
  expect(record.summary.architecture).toBe("llama");
});

test("what could not be run is refused before anything is fetched", async () => {
  using given = setUp();
  const bytes = encodeGguf(
    createTinyModel({ metadata: { "llama.attention.head_count": { type: "uint32", value: 0 } } }),
  );
  given.server.addRepository("org/bad", { "bad-F32.gguf": { bytes } });
  await expect(given.inspect("hf.co/org/bad")).rejects.toMatchObject({ code: "model_load_failed" });
});

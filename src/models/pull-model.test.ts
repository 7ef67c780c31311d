import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { createTemporaryFolder, demoModelPath } from "../testing/index.ts";
import { parseReference } from "./names/model-reference.ts";
import { createStoreDoor, type StoreDoor } from "./open-store.ts";
import type { PulledModel, Puller } from "./pull/puller.ts";
import { pullModel } from "./pull-model.ts";

type Layer = PulledModel["layers"][number];

const { signal } = new AbortController();
const junk = new TextEncoder().encode("GGUF, but nothing that could be read as such");

async function addLayer(door: StoreDoor, role: Layer["role"], bytes: Uint8Array): Promise<Layer> {
  async function* chunks() {
    yield new Uint8Array(bytes);
  }
  return { role, ...(await door.blobs.write(chunks(), { signal, maxBytes: bytes.byteLength })) };
}

function pullerOf(layers: readonly Layer[]): Puller {
  return {
    inspect: () => Promise.reject(new Error("not asked for")),
    async *pull() {
      yield { type: "pulled", model: { name: "x:latest", origin: "x", layers, texts: [] } };
    },
  };
}

test.each([
  ["an adapter that is none", "model", "adapter"],
  ["an adapter before a model that is none", "adapter", "model"],
] as const)("a pulled model with %s is refused", async (_, demoRole, junkRole) => {
  using folder = createTemporaryFolder();
  const door = createStoreDoor(folder.path);
  const layers = [
    await addLayer(door, demoRole, readFileSync(demoModelPath)),
    await addLayer(door, junkRole, junk),
  ];
  const pulling = Array.fromAsync(pullModel(door, pullerOf(layers), parseReference("x"), { signal }));
  await expect(pulling).rejects.toMatchObject({ code: "model_load_failed" });
  await door.close();
});

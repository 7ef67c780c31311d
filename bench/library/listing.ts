import { join } from "node:path";
import { createBlobStore } from "../../src/models/blobs/fs-blob-store.ts";
import { createLibrary, describeFile } from "../../src/models/index.ts";
import { createModelStore } from "../../src/models/store/model-store.ts";
import { openDatabase } from "../../src/store/index.ts";
import { createTemporaryFolder, demoModelPath } from "../../src/testing/index.ts";
import type { Figure } from "../figures.ts";
import { median } from "../statistics.ts";

const models = 10_000;
const maxMs = 50;
const runs = 9;

/** Names of a store of 10,000 models, in a library that was just opened and in one that was asked before. */
export async function measureListing(): Promise<readonly Figure[]> {
  using home = createTemporaryFolder();
  await fillStore(home.path);
  const coldMs: number[] = [];
  const warmMs: number[] = [];
  for (let run = 0; run < runs; run += 1) {
    const library = await createLibrary(libraryOptions(home.path));
    coldMs.push(await time(() => library.list()));
    warmMs.push(await time(() => library.list()));
    await library.close();
  }
  return [
    toFigure("list 10,000 models, library just opened", median(coldMs)),
    toFigure("list 10,000 models again", median(warmMs)),
  ];
}

function toFigure(name: string, ms: number): Figure {
  return { name, value: `${ms.toFixed(1)} ms`, target: `<= ${maxMs} ms`, isReached: ms <= maxMs };
}

async function fillStore(home: string): Promise<void> {
  await (await createLibrary(libraryOptions(home))).collectGarbage({ all: false });
  const database = await openDatabase(join(home, "models", "hearth.db"));
  const store = createModelStore({ database, blobs: createBlobStore(home) });
  const { layers, settings, summary } = describeFile(demoModelPath, { name: "demo", source: "imported" });
  for (let index = 0; index < models; index += 1) {
    await store.put({
      name: `model-${index}:latest`,
      source: "imported",
      origin: `/models/${index}`,
      layers,
      settings,
      summary,
    });
  }
  await database.close();
}

function libraryOptions(home: string) {
  return {
    home,
    models: ["hearth-demo"],
    modelFolders: [],
    cacheFolders: {},
    discover: false,
    registry: "https://registry.ollama.ai",
    huggingFaceEndpoint: "https://huggingface.co",
  };
}

async function time(work: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return performance.now() - startedMs;
}

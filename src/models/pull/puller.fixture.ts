import { systemClock } from "../../resilience/index.ts";
import { createBlobStore } from "../blobs/fs-blob-store.ts";
import { parseReference } from "../names/model-reference.ts";
import { createPuller } from "./puller.ts";

/** Pulls a model from a registry into a home, in a process of its own: `puller.fixture.ts HOME REGISTRY NAME`. */
const [, , home = "", registry = "", name = ""] = process.argv;
const puller = createPuller({
  blobs: createBlobStore(home),
  registry,
  huggingFace: { endpoint: registry },
  clock: systemClock,
});
for await (const event of puller.pull(parseReference(name), { signal: new AbortController().signal })) {
  if (event.type === "pulled") process.stdout.write("pulled\n");
}

/** `bun run bench:knowledge`: what 100,000 chunks cost, each figure against its target, and whether the right is found. */
import { printFigures } from "./figures.ts";
import { measureFoundFiles } from "./knowledge/found-files.ts";
import { measureRetrieval } from "./knowledge/retrieval.ts";

await printFigures({ retrieval: measureRetrieval, files: measureFoundFiles }, process.argv[2] ?? "");

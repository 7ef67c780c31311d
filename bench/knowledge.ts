/** `bun run bench:knowledge`: what 100,000 chunks cost, each figure against its target. */
import { printFigures } from "./figures.ts";
import { measureRetrieval } from "./knowledge/retrieval.ts";

await printFigures({ retrieval: measureRetrieval }, process.argv[2] ?? "");

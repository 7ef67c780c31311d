/** `bun run bench:cache`: what a lookup of a stored answer costs, and what the bundled pairs say of two embedders. */
import { measureHits } from "./cache/hits.ts";
import { measurePairs } from "./cache/pairs.ts";
import { printFigures } from "./figures.ts";

await printFigures({ hits: measureHits, pairs: measurePairs }, process.argv[2] ?? "");

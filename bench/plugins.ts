/** `bun run bench:plugins`: what plugins cost, each figure against its target; of dist/hearth where it is built. */
import { printFigures } from "./figures.ts";
import { measureCalls } from "./plugins/calls.ts";
import { measureNeighbours } from "./plugins/neighbour.ts";

await printFigures({ calls: measureCalls, neighbour: measureNeighbours }, process.argv[2] ?? "");

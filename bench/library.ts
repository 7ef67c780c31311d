/** `bun run bench:models`: the model library and switches between models, each figure against its target. */
import { printFigures } from "./figures.ts";
import { measureHeader } from "./library/header.ts";
import { measureListing } from "./library/listing.ts";
import { measureMemory } from "./library/memory.ts";
import { measurePull } from "./library/pull.ts";
import { measureSwitch } from "./library/switch.ts";

await printFigures(
  {
    listing: measureListing,
    header: measureHeader,
    pull: measurePull,
    switch: measureSwitch,
    memory: measureMemory,
  },
  process.argv[2] ?? "",
);

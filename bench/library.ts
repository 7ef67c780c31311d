/** `bun run bench:models`: the model library and switches between models, each figure against its target. */
import { measureHeader } from "./library/header.ts";
import { measureListing } from "./library/listing.ts";
import { measureMemory } from "./library/memory.ts";
import { measurePull } from "./library/pull.ts";
import { measureSwitch } from "./library/switch.ts";
import { describeMachine } from "./machine.ts";

export type Figure = {
  readonly name: string;
  readonly value: string;
  readonly target?: string;
  readonly isReached?: boolean;
};

const pieces: Readonly<Record<string, () => Promise<readonly Figure[]>>> = {
  listing: measureListing,
  header: measureHeader,
  pull: measurePull,
  switch: measureSwitch,
  memory: measureMemory,
};

async function main(filter: string): Promise<void> {
  const { cpu, cores, memoryGiB, commit, date } = await describeMachine();
  console.log(`${cpu}, ${cores} cores, ${memoryGiB} GiB; commit ${commit}; ${date}\n`);
  console.log("| what | figure | target | |\n|---|---|---|---|");
  for (const [name, measure] of Object.entries(pieces)) {
    if (!name.includes(filter)) continue;
    for (const figure of await measure()) console.log(formatRow(figure));
  }
}

function formatRow({ name, value, target = "", isReached }: Figure): string {
  const verdict = isReached === undefined ? "" : isReached ? "reached" : "missed";
  return `| ${name.replaceAll("|", "\\|")} | ${value} | ${target} | ${verdict} |`;
}

await main(process.argv[2] ?? "");

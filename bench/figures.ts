import { describeMachine } from "./machine.ts";

/** One measured thing; where it has a target, whether that was reached. */
export type Figure = {
  readonly name: string;
  readonly value: string;
  readonly target?: string;
  readonly isReached?: boolean;
};

/** Measures the pieces whose names contain the filter, and prints them as a table. */
export async function printFigures(
  pieces: Readonly<Record<string, () => Promise<readonly Figure[]>>>,
  filter: string,
): Promise<void> {
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

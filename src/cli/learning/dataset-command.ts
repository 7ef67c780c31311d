import type { Command } from "commander";
import { addConfigFlags, readConfigFlags } from "../config-flags.ts";
import type { CliDeps, Finish } from "../deps.ts";
import { judgingKeys } from "../judging/judging-keys.ts";

export type ExportFlags = {
  readonly out: string;
  readonly format?: string;
  readonly minValue?: string;
  readonly validation?: string;
  readonly maxRows?: string;
  readonly seed?: string;
  readonly json?: boolean;
};

/** `hearth dataset`: training data of the answers that went well. */
export function addDataset(program: Command, deps: CliDeps, finish: Finish): void {
  const dataset = program
    .command("dataset")
    .description("Make training data of answers that went well and that people consented to.")
    .addHelpText("after", "\nExample:\n  hearth dataset export --out ./training");
  addExport(dataset, deps, finish);
}

function addExport(dataset: Command, deps: CliDeps, finish: Finish): void {
  const command = dataset
    .command("export")
    .description(
      "Write them to a new folder: scrubbed of personal data, without near-duplicates, split for validation.",
    )
    .requiredOption("--out <folder>", "a folder that is not there yet, or is empty")
    .option("--format <name>", "chat, instruction or instruction-input (default chat)")
    .option("--min-value <number>", "what an answer is worth at least, from 0 to 1 (default 0.7)")
    .option("--validation <share>", "share of the rows that is kept for validation (default 0.1)")
    .option("--max-rows <count>", "most rows; of more, those of the highest value (default 5000)")
    .option("--seed <number>", "another one chooses other rows for validation (default 0)")
    .option("--json", "for machines");
  addConfigFlags(command, judgingKeys)
    .addHelpText(
      "after",
      "\nExample:\n  hearth dataset export --out ./training --format instruction --min-value 0.8\n\nEnds with code 1 where there was nothing to export, and says why.",
    )
    .action(async (flags: ExportFlags) => {
      const { exportDataset } = await import("./export-dataset.ts");
      const { flags: config, ...source } = readConfigFlags(command);
      finish(await exportDataset(deps, { ...source, flags: config, given: flags }));
    });
}

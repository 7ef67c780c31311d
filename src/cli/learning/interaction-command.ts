import type { Command } from "commander";
import type { ConfigKey } from "../../config/index.ts";
import { addConfigFlags, readConfigFlags } from "../config-flags.ts";
import type { CliDeps, Finish } from "../deps.ts";
import { judgingKeys } from "../judging/judging-keys.ts";

const storeKeys: readonly ConfigKey[] = ["home", "logLevel"];
/** A pattern is made of what went well, by a model of this machine. */
const outcomeKeys: readonly ConfigKey[] = [...judgingKeys, "interactions"];

export type InteractionFlags = {
  readonly limit?: string;
  readonly outcome?: string;
  readonly feedback?: string;
  readonly key?: string;
  readonly json?: boolean;
};

/** `hearth interaction`: what was asked and answered, and what came of it. */
export function addInteraction(program: Command, deps: CliDeps, finish: Finish): void {
  const interaction = program
    .command("interaction")
    .description("List what was answered, and tell what came of it.")
    .addHelpText("after", "\nExample:\n  hearth interaction outcome chatcmpl-3f0a success --feedback 1");
  const own = (command: Command) =>
    command
      .option("--key <name>", "whose, as the log names an API key: key-1a2b3c4d (default: without keys)")
      .option("--json", "for machines");

  const list = own(interaction.command("ls"))
    .description("List interactions, the newest first.")
    .option("--limit <count>", "most that are listed (default 20)")
    .option("--outcome <outcome>", "those of success, partial, failure or unknown alone");
  addConfigFlags(list, storeKeys)
    .addHelpText("after", "\nExample:\n  hearth interaction ls --outcome success")
    .action(async (given: InteractionFlags) => {
      const { listInteractions } = await import("./interaction.ts");
      finish(await listInteractions(deps, { ...readConfigFlags(list), given }));
    });

  const show = own(interaction.command("show"))
    .description("Show all that is kept of one.")
    .argument("<id>", "id of the answer, as its client was given it");
  addConfigFlags(show, storeKeys)
    .addHelpText("after", "\nExample:\n  hearth interaction show chatcmpl-3f0a")
    .action(async (id: string, given: InteractionFlags) => {
      const { showInteraction } = await import("./interaction.ts");
      finish(await showInteraction(deps, { ...readConfigFlags(show), id, given }));
    });

  const outcome = own(interaction.command("outcome"))
    .description("Tell what came of an answer; its value is scored, and a pattern made where it is worth it.")
    .argument("<id>", "id of the answer")
    .argument("<outcome>", "success, partial or failure")
    .option("--feedback <number>", "-1, 0 or 1: what a person thought of it (default none)");
  addConfigFlags(outcome, outcomeKeys)
    .addHelpText("after", "\nExample:\n  hearth interaction outcome chatcmpl-3f0a success --feedback 1")
    .action(async (id: string, said: string, given: InteractionFlags) => {
      const { tellOutcome } = await import("./interaction.ts");
      const { flags, ...source } = readConfigFlags(outcome);
      finish(await tellOutcome(deps, { ...source, flags, id, said, given }));
    });
}

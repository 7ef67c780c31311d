import type { Command } from "commander";
import type { ConfigKey } from "../../config/index.ts";
import { addConfigFlags, readConfigFlags } from "../config-flags.ts";
import type { CliDeps, Finish } from "../deps.ts";
import { judgingKeys } from "../judging/judging-keys.ts";

const receiptKeys: readonly ConfigKey[] = ["home", "logLevel"];
/** Models that `auto` chooses between, and how the local one runs. */
const calibrationKeys: readonly ConfigKey[] = [
  ...judgingKeys.filter((key) => key !== "embeddingModel"),
  ...(["models", "routeLocal"] as const),
];

export type ListFlags = {
  readonly limit?: string;
  readonly kind?: string;
  readonly rule?: string;
  readonly json?: boolean;
};
export type ReplayFlags = { readonly policy?: string; readonly prompt?: string; readonly json?: boolean };
export type CalibrateFlags = {
  readonly share?: string;
  readonly quality?: string;
  readonly remoteQuality?: string;
  readonly json?: boolean;
};

/** `hearth route`: where answers came from and why, and when the local model's answers stay. */
export function addRoute(program: Command, deps: CliDeps, finish: Finish): void {
  const route = program
    .command("route")
    .description("Say why answers came from where they did, and set when local answers are good enough.")
    .addHelpText(
      "after",
      "\nExample:\n  hearth route ls --kind remote\n  hearth route explain chatcmpl-3f0a",
    );
  addExplain(route, deps, finish);
  addList(route, deps, finish);
  addReplay(route, deps, finish);
  addCalibrate(route, deps, finish);
}

function addExplain(route: Command, deps: CliDeps, finish: Finish): void {
  const command = route
    .command("explain")
    .description("Show the receipt of one answer.")
    .argument("<id>", "id of the answer, as its client was given it")
    .option("--json", "for machines");
  addConfigFlags(command, receiptKeys)
    .addHelpText("after", "\nExample:\n  hearth route explain chatcmpl-3f0a")
    .action(async (id: string, { json = false }: { json?: boolean }) => {
      const { explain } = await import("./route.ts");
      finish(await explain(deps, { ...readConfigFlags(command), id, json }));
    });
}

function addList(route: Command, deps: CliDeps, finish: Finish): void {
  const command = route
    .command("ls")
    .description("List where the last answers came from.")
    .option("--limit <count>", "most that are listed (default 20)")
    .option("--kind <kind>", "local, remote or cache")
    .option("--rule <rule>", "those that this rule decided, such as escalated")
    .option("--json", "for machines");
  addConfigFlags(command, receiptKeys)
    .addHelpText("after", "\nExample:\n  hearth route ls --rule fallback")
    .action(async (given: ListFlags) => {
      const { list } = await import("./route.ts");
      finish(await list(deps, { ...readConfigFlags(command), given }));
    });
}

function addReplay(route: Command, deps: CliDeps, finish: Finish): void {
  const command = route
    .command("replay")
    .description("Show what another policy would have decided about an answer.")
    .argument("<id>", "id of the answer")
    .option("--policy <plugin>", "policy that decides anew (default: the configured one)")
    .option("--prompt <file>", "what was asked last, where questions are not kept; - reads what is piped in")
    .option("--json", "for machines");
  addConfigFlags(command, [...receiptKeys, "routePolicy"])
    .addHelpText("after", "\nExample:\n  hearth route replay chatcmpl-3f0a --policy my-router")
    .action(async (id: string, given: ReplayFlags) => {
      const { replay } = await import("./route.ts");
      finish(await replay(deps, { ...readConfigFlags(command), id, given }));
    });
}

function addCalibrate(route: Command, deps: CliDeps, finish: Finish): void {
  const command = route
    .command("calibrate")
    .description("Draw how many answers would leave at each bar of confidence, and set the bar.")
    .argument("<file>", "labelled answers as JSON lines; - reads what is piped in")
    .option("--share <number>", "set the bar that sends at most this share away, such as 0.3")
    .option("--quality <number>", "set the lowest bar that reaches this share of right answers, such as 0.9")
    .option("--remote-quality <number>", "share of right answers of the larger model (default 1)")
    .option("--json", "for machines");
  addConfigFlags(command, calibrationKeys)
    .addHelpText(
      "after",
      '\nExamples:\n  hearth route calibrate answers.jsonl\n  hearth route calibrate answers.jsonl --share 0.3\n\nA line is {"prompt", "answer_ok"}, for which the local model is asked, or {"confidence", "ok"}; at least 20.',
    )
    .action(async (file: string, given: CalibrateFlags) => {
      const { calibrate } = await import("./route.ts");
      finish(await calibrate(deps, { ...readConfigFlags(command), file, given }));
    });
}

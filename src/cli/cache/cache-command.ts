import type { Command } from "commander";
import type { ConfigKey } from "../../config/index.ts";
import { addConfigFlags, readConfigFlags } from "../config-flags.ts";
import type { CliDeps, Finish } from "../deps.ts";
import { judgingKeys } from "../judging/judging-keys.ts";

/** Where stored answers are. */
const storeKeys: readonly ConfigKey[] = ["home", "cacheMiB", "cacheFalseHits"];

type JsonOption = { readonly json?: boolean };
export type PurgeFlags = {
  readonly tag?: string;
  readonly model?: string;
  readonly entry?: string;
  readonly all?: boolean;
};

/** `hearth cache`: what is stored of answers, and how well similar questions are told apart. */
export function addCache(program: Command, deps: CliDeps, finish: Finish): void {
  const cache = program
    .command("cache")
    .description("See, remove and measure stored answers, which `hearth serve --cache semantic` keeps.")
    .addHelpText("after", "\nExample:\n  hearth cache stats\n  hearth cache purge --tag news");
  addStats(cache, deps, finish);
  addPurge(cache, deps, finish);
  addEvaluate(cache, deps, finish);
}

function addStats(cache: Command, deps: CliDeps, finish: Finish): void {
  const command = cache
    .command("stats")
    .description("Show what is stored, how often it was served, and how often it was wrong.")
    .option("--json", "for machines");
  addConfigFlags(command, storeKeys)
    .addHelpText("after", "\nExample:\n  hearth cache stats --json")
    .action(async ({ json = false }: JsonOption) => {
      const { showStats } = await import("./cache.ts");
      finish(await showStats(deps, { ...readConfigFlags(command), json }));
    });
}

function addPurge(cache: Command, deps: CliDeps, finish: Finish): void {
  const command = cache
    .command("purge")
    .description("Remove stored answers.")
    .option("--tag <tag>", "those of requests that named it")
    .option("--model <name>", "those of a model")
    .option("--entry <name>", "one, as the receipt of an answer names it")
    .option("--all", "all of them")
    .option("--json", "for machines");
  addConfigFlags(command, storeKeys)
    .addHelpText("after", "\nExample:\n  hearth cache purge --model hearth-demo")
    .action(async ({ json = false, tag, model, entry, all }: JsonOption & PurgeFlags) => {
      const { purge } = await import("./cache.ts");
      const given = {
        ...(tag !== undefined && { tag }),
        ...(model !== undefined && { model }),
        ...(entry !== undefined && { entry }),
        ...(all !== undefined && { all }),
      };
      finish(await purge(deps, { ...readConfigFlags(command), given, json }));
    });
}

function addEvaluate(cache: Command, deps: CliDeps, finish: Finish): void {
  const command = cache
    .command("evaluate")
    .description("Measure how well an embedding model and the guard tell similar questions apart.")
    .option("--keep", "ask from now on for the similarity that is found, where that is more than the default")
    .option("--json", "for machines");
  addConfigFlags(command, [...judgingKeys, "cacheFalseHits"])
    .addHelpText(
      "after",
      "\nExample:\n  hearth cache evaluate --embedding-model nomic-embed-text\n\nIt asks 200 pairs of questions that mean the same and 200 that look alike and do not. Half of them being traps, the\nshare of wrong answers is higher than among your own questions; --cache shadow measures those.",
    )
    .action(async ({ json = false, keep = false }: JsonOption & { keep?: boolean }) => {
      const { evaluate } = await import("./cache.ts");
      finish(await evaluate(deps, { ...readConfigFlags(command), keep, json }));
    });
}

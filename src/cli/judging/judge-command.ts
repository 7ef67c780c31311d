import type { Command } from "commander";
import { addConfigFlags, readConfigFlags } from "../config-flags.ts";
import type { CliDeps, Finish } from "../deps.ts";
import type { JudgeFlags } from "./judge-options.ts";
import { judgingKeys } from "./judging-keys.ts";

export function addJudge(program: Command, deps: CliDeps, finish: Finish): void {
  const command = program
    .command("judge")
    .description("Run a suite of prompts on a model, judge the answers, and end with code 1 below the bar.")
    .argument(
      "[model]",
      "a name that hearth ls shows, or the path of a .gguf file (default: the suite's model)",
    )
    .option("--suite <file>", "YAML or JSON file of cases (default: the starter suite)")
    .option("--init <file>", "write the starter suite to a file, to begin an own one with; - prints it")
    .option("--judge-model <model>", "model that rates answers where criteria ask for one")
    .option("--repetitions <count>", "answers to each prompt, whose consistency is measured")
    .option("--concurrency <count>", "answers made at the same time (default 2)")
    .option("--seed <number>", "makes answers and intervals repeatable")
    .option(
      "--bar <rate>",
      "pass rate to reach, from 0 to 1: the mean over cases of the share of their answers that pass",
    )
    .option(
      "--probe [file]",
      "is it up, is its answer good, does it call tools, is it consistent; YAML or JSON says more",
    )
    .option("--compare <models...>", "run the suite on each of these and tell which is better")
    .option("--resume <run>", "go on with a run where it stopped")
    .option("--show <run>", "tell of a stored run")
    .option("--runs", "list stored runs")
    .option("--junit <file>", "write a report in JUnit's XML")
    .option("--out <file>", "write the whole report in JSON")
    .option("--json", "print the whole report in JSON");
  addConfigFlags(command, judgingKeys)
    .addHelpText(
      "after",
      "\nExamples:\n  hearth judge hearth-demo\n  hearth judge --init my-suite.yaml\n  hearth judge ./qwen3-0.6b.gguf --suite my-suite.yaml --junit report.xml --bar 0.9\n  hearth judge --suite my-suite.yaml --compare hearth-demo ./qwen3-0.6b.gguf",
    )
    .action(async (model: string | undefined, flags: JudgeFlags) => {
      const { judge } = await import("./judge.ts");
      finish(
        await judge(deps, {
          ...readConfigFlags(command),
          ...(model !== undefined && { model }),
          given: flags,
        }),
      );
    });
}

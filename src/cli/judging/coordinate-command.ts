import type { Command } from "commander";
import { addConfigFlags, collect, readConfigFlags } from "../config-flags.ts";
import type { CliDeps, Finish } from "../deps.ts";
import type { CoordinateFlags } from "./coordinate-options.ts";
import { judgingKeys } from "./judging-keys.ts";

export function addCoordinate(program: Command, deps: CliDeps, finish: Finish): void {
  const command = program
    .command("coordinate")
    .description("Let several agents work on a task, and measure whether that beats one of them alone.")
    .argument("[task]", "what the agents are to do; - reads it from a pipe");
  addTeamFlags(command);
  addJudgingFlags(command);
  addBudgetFlags(command);
  addReportFlags(command);
  addConfigFlags(command, judgingKeys)
    .addHelpText(
      "after",
      '\nExamples:\n  hearth coordinate "Name three causes of rust." --strategy debate --agents 3\n  hearth coordinate "What is 17 * 23? Give the number only." --closed --reference 391 --repeats 10 --gate\n  hearth coordinate "Plan a week of meals." --agent-model hearth-demo --agent-model ./qwen3-0.6b.gguf --report team.html\n\nEvery repeat asks each agent alone first. gamma is the quality of the team\'s answer divided by that of one agent\nalone; it counts as effective only where its 95 % interval, over 5 repeats or more, lies above 1.',
    )
    .action(async (task: string | undefined, given: CoordinateFlags) => {
      const { coordinate } = await import("./coordinate.ts");
      finish(
        await coordinate(deps, { ...readConfigFlags(command), ...(task !== undefined && { task }), given }),
      );
    });
}

function addTeamFlags(command: Command): void {
  command
    .option("--agents <count>", "how many agents (default 3)")
    .option("--strategy <name>", "sequential, parallel or debate (default sequential)")
    .option("--rounds <count>", "rounds of a debate (default 2)")
    .option("--model <name or path>", "model of all agents (default hearth-demo)")
    .option("--agent-model <name or path>", "model of one agent; give it once for each agent", collect)
    .option("--temperature <number>", "of the agents (default 0.7)")
    .option("--max-tokens <count>", "longest answer of an agent (default 200)")
    .option(
      "--seed <number>",
      "of answers and intervals; answers made side by side may differ in spite of it",
    );
}

function addJudgingFlags(command: Command): void {
  command
    .option("--judge-model <name or path>", "model that judges (default: that of the first agent)")
    .option("--criterion <name>", "what the judge rates; may be repeated", collect)
    .option("--reference <text>", "an answer that is known to be right")
    .option(
      "--closed",
      "there is one right answer: count votes, and compare with --reference without a judge",
    )
    .option("--repeats <count>", "how often all of it is measured (default 5)")
    .option("--refresh-baseline", "measure the agents alone again where that was done before")
    .option("--no-control", "do not compare with as many independent answers as cost the same tokens");
}

function addBudgetFlags(command: Command): void {
  command
    .option("--budget-tokens <count>", "most tokens in an hour, of all runs together")
    .option("--budget-calls <count>", "most calls of models in an hour")
    .option("--budget-usd <amount>", "most US dollars in an hour")
    .option("--agent-budget-tokens <count>", "the same of one agent")
    .option("--agent-budget-calls <count>", "the same of one agent")
    .option("--agent-budget-usd <amount>", "the same of one agent")
    .option(
      "--price <model=in,out>",
      "US dollars for a million tokens read and written; may be repeated",
      collect,
    );
}

function addReportFlags(command: Command): void {
  command
    .option("--report <file>", "write a report to a .md or .html file; may be repeated", collect)
    .option("--json", "for machines")
    .option("--gate", "end with code 1 unless coordination was effective")
    .option("--min-gamma <number>", "end with code 1 where gamma is lower")
    .option("--resume <run>", "go on with a run where it stopped; a new budget may be given")
    .option("--show <run>", "tell of a stored run")
    .option("--runs", "list stored runs");
}

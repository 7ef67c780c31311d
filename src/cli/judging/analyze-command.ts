import type { Command } from "commander";
import { addConfigFlags, readConfigFlags } from "../config-flags.ts";
import type { CliDeps, Finish } from "../deps.ts";
import type { AnalyzeFlags } from "./analyze-options.ts";
import { judgingKeys } from "./judging-keys.ts";

/** --ctx is the window here, as for llama-perplexity, and not the context that the model is loaded with. */
const modelKeys = judgingKeys.filter((key) => key !== "contextTokens");

export function addAnalyze(program: Command, deps: CliDeps, finish: Finish): void {
  const command = program
    .command("analyze")
    .description("Show how sure a model is of every token it writes, or how well it foretells a text.")
    .argument("<model>", "a name that hearth ls shows, or the path of a .gguf file")
    .argument("[prompt...]", "what to answer; a piped prompt does the same")
    .option("--text <file>", "measure the perplexity of a text instead; - reads what is piped in")
    .option(
      "--ctx <tokens>",
      "window of --text, as llama-perplexity -c (default: 512, or a short text whole)",
    )
    .option("--max-tokens <count>", "longest answer (default 150)")
    .option("--temperature <number>", "of the sampling, never of what is measured (default 0.7)")
    .option("--seed <number>", "makes the answer repeatable")
    .option("--top-k <count>", "alternatives that entropy is measured over (default 10)")
    .option("--gate", "end with code 1 where the gate fails or cannot be had")
    .option("--out <file>", "write a heat map of the answer: .svg or .html")
    .option("--calibrate <file>", "set the bars of the gate by labelled answers: .jsonl, .json or .yaml")
    .option("--json", "the whole record, for machines");
  addConfigFlags(command, modelKeys)
    .addHelpText(
      "after",
      '\nExamples:\n  hearth analyze hearth-demo "Who are you?" --out answer.html\n  hearth analyze hearth-demo "2 + 2?" --temperature 0 --gate\n  hearth analyze ./qwen3-0.6b.gguf --text wiki.test.raw --ctx 512\n  hearth analyze hearth-demo --calibrate answers.jsonl\n\nAn entry of --calibrate is {"prompt", "answer", "pass"}, {"text", "pass"}, or measures that are there already:\n{"perplexity", "entropy_statistic", "surprise_rate", "pass"}; at least 10 with pass true and 10 with false.',
    )
    .action(async (model: string, words: string[], flags: AnalyzeFlags) => {
      const { analyze } = await import("./analyze.ts");
      const { flags: given, ...source } = readConfigFlags(command);
      const { contextTokens: _, ...config } = given;
      const prompt = words.join(" ");
      finish(await analyze(deps, { ...source, flags: config, model, prompt, given: flags }));
    });
}

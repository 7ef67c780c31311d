import { Command, CommanderError } from "commander";
import type { ConfigKey } from "../config/index.ts";
import { addCache } from "./cache/cache-command.ts";
import { addConfigFlags, collect, readConfigFlags } from "./config-flags.ts";
import type { CliDeps, Finish } from "./deps.ts";
import { addAnalyze } from "./judging/analyze-command.ts";
import { addCoordinate } from "./judging/coordinate-command.ts";
import { addJudge } from "./judging/judge-command.ts";
import { addCollection } from "./knowledge/collection-command.ts";
import { addIndex } from "./knowledge/index-command.ts";
import { addSearch } from "./knowledge/search-command.ts";
import { addDataset } from "./learning/dataset-command.ts";
import { addInteraction } from "./learning/interaction-command.ts";
import { addModelCommands } from "./model-commands.ts";
import { addPluginCommands } from "./plugin-commands.ts";
import { addRoute } from "./routing/route-command.ts";
import { writeError } from "./stoppable.ts";
import { exitCodes, UsageError } from "./usage-error.ts";

/** Options that change how a model runs, without those of the server. */
const engineKeys: readonly ConfigKey[] = [
  ...([
    "contextTokens",
    "kvTokens",
    "kvType",
    "threads",
    "gpuLayers",
    "mode",
    "memoryMiB",
    "gpuMemoryMiB",
    "prefixCacheMiB",
    "hostMemoryMiB",
  ] as const),
  ...(["chatTemplateFile", "libraryDir", "logFormat", "logLevel", "home", "loadTimeoutMs"] as const),
];

/** What an answer may rest on. */
const knowledgeKeys: readonly ConfigKey[] = ["collections", "embeddingModel"];

/** Where a model is looked for, and fetched from where it is not there. */
const sourceKeys: readonly ConfigKey[] = [
  ...(["modelFolders", "discover", "registry", "huggingFaceEndpoint", "huggingFaceToken"] as const),
];

/** Runs one command line and returns its exit code. Never throws. Commands load their code when they are called. */
export async function runCli(argv: readonly string[], deps: CliDeps): Promise<number> {
  let code: number = exitCodes.success;
  const program = createProgram(deps, (result) => {
    code = result;
  });
  try {
    await program.parseAsync([...argv], { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.success : exitCodes.usage;
    writeError(deps.io, error);
    return error instanceof UsageError ? exitCodes.usage : exitCodes.failure;
  } finally {
    await deps.io.close();
  }
}

function createProgram(deps: CliDeps, finish: (code: number) => void): Command {
  const program = new Command("hearth")
    .description("Runs language models on your own machine and serves the OpenAI and Ollama APIs.")
    .version(deps.versions.hearth, "--version", "print the version")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => deps.io.stdout.write(text),
      writeErr: (text) => deps.io.stderr.write(text),
    })
    .showHelpAfterError("Run it with --help for its options and an example.");
  addServe(program, deps, finish);
  addRun(program, deps, finish);
  addModelCommands(program, deps, finish);
  addJudge(program, deps, finish);
  addAnalyze(program, deps, finish);
  addCoordinate(program, deps, finish);
  addIndex(program, deps, finish);
  addSearch(program, deps, finish);
  addCollection(program, deps, finish);
  addCache(program, deps, finish);
  addRoute(program, deps, finish);
  addInteraction(program, deps, finish);
  addDataset(program, deps, finish);
  addPluginCommands(program, deps, finish);
  addBench(program, deps, finish);
  addDoctor(program, deps, finish);
  addVersion(program, deps, finish);
  return program;
}

function addServe(program: Command, deps: CliDeps, finish: Finish): void {
  const command = program
    .command("serve")
    .description("Serve models over HTTP until it is told to stop.")
    .option("--curl", "print a request to try on stderr");
  addConfigFlags(command)
    .addHelpText(
      "after",
      "\nExample:\n  hearth serve --port 8080 --model hearth-demo --model ./qwen3-0.6b.gguf",
    )
    .action(async ({ curl = false }: { curl?: boolean }) => {
      const { serve } = await import("./serve.ts");
      finish(await serve(deps, { ...readConfigFlags(command), curl }));
    });
}

type RunFlags = {
  readonly [Name in "system" | "temperature" | "seed" | "maxTokens"]?: string;
} & { readonly lora?: readonly string[] };

function addRun(program: Command, deps: CliDeps, finish: Finish): void {
  const command = program
    .command("run")
    .description("Chat with a model, or answer one prompt. A model that is not here is pulled first.")
    .argument("<model>", "a name that hearth ls shows or hearth pull takes, or the path of a .gguf file")
    .argument("[prompt...]", "answer this and end; a piped prompt does the same")
    .option("--system <text>", "system prompt")
    .option("--temperature <number>", "0 always takes the likeliest token")
    .option("--seed <number>", "makes the answer repeatable")
    .option("--max-tokens <count>", "longest answer")
    .option("--lora <name[=scale]>", "adapter to answer with; may be repeated", collect);
  addConfigFlags(command, [...engineKeys, ...sourceKeys, ...knowledgeKeys])
    .addHelpText(
      "after",
      '\nExamples:\n  hearth run hearth-demo\n  echo "Who are you?" | hearth run hearth-demo --temperature 0',
    )
    .action(async (model: string, words: string[], options: RunFlags) => {
      const { run } = await import("./run.ts");
      const { system, temperature, seed, maxTokens, lora: adapters = [] } = options;
      const settings = { system, temperature, seed, "max-tokens": maxTokens };
      const prompt = words.join(" ");
      finish(await run(deps, { ...readConfigFlags(command), model, prompt, adapters, settings }));
    });
}

function addBench(program: Command, deps: CliDeps, finish: Finish): void {
  const command = program
    .command("bench")
    .description("Measure a model on this machine: reading a prompt, and writing 1, 4 and 8 answers at once.")
    .argument("[model]", "a name that hearth ls shows, or the path of a .gguf file", "hearth-demo")
    .option("--json", "for machines");
  addConfigFlags(command, engineKeys)
    .addHelpText("after", "\nExample:\n  hearth bench ./qwen3-0.6b.gguf --threads 4")
    .action(async (model: string, { json = false }: { json?: boolean }) => {
      const { bench } = await import("./bench.ts");
      finish(await bench(deps, { ...readConfigFlags(command), model, json }));
    });
}

function addDoctor(program: Command, deps: CliDeps, finish: Finish): void {
  const command = program
    .command("doctor")
    .description("Check this machine and say how to mend what is wrong.")
    .option("--json", "for machines");
  addConfigFlags(command)
    .addHelpText("after", "\nExample:\n  hearth doctor --port 8080")
    .action(async ({ json = false }: { json?: boolean }) => {
      const { doctor } = await import("./doctor.ts");
      finish(await doctor(deps, { ...readConfigFlags(command), json }));
    });
}

function addVersion(program: Command, deps: CliDeps, finish: Finish): void {
  program
    .command("version")
    .description("Print the version of Hearth and of what it is made of.")
    .option("--json", "for machines")
    .addHelpText("after", "\nExample:\n  hearth version --json")
    .action(async ({ json = false }: { json?: boolean }) => {
      const { version } = await import("./version.ts");
      finish(version(deps, { json }));
    });
}

/** The commands that get, list, describe, change and remove models. Each loads its code when it is called. */
import type { Command } from "commander";
import type { ConfigKey } from "../config/index.ts";
import { addConfigFlags, readConfigFlags } from "./config-flags.ts";
import type { CliDeps, Finish } from "./deps.ts";
import { UsageError } from "./usage-error.ts";

/** Where models are looked for. */
const placeKeys: readonly ConfigKey[] = ["home", "models", "modelFolders", "discover"];
/** Where they are fetched from. */
const sourceKeys: readonly ConfigKey[] = ["registry", "huggingFaceEndpoint", "huggingFaceToken"];
const serverKeys: readonly ConfigKey[] = ["host", "port", "apiKeys"];
/** What decides how much memory a model takes. */
const memoryKeys: readonly ConfigKey[] = [
  "contextTokens",
  "parallel",
  "kvTokens",
  "kvType",
  "threads",
  "gpuLayers",
  "mode",
  "memoryMiB",
  "gpuMemoryMiB",
];
const jsonFlag = "--json";
const forMachines = "for machines";

type JsonOption = { readonly json?: boolean };

export function addModelCommands(program: Command, deps: CliDeps, finish: Finish): void {
  addPull(program, deps, finish);
  addLs(program, deps, finish);
  addShow(program, deps, finish);
  addPs(program, deps, finish);
  addUnload(program, deps, finish);
  addImport(program, deps, finish);
  addCreate(program, deps, finish);
  addCp(program, deps, finish);
  addRm(program, deps, finish);
  addGc(program, deps, finish);
  addVerify(program, deps, finish);
}

function addPull(program: Command, deps: CliDeps, finish: Finish): void {
  const command = program
    .command("pull")
    .description("Fetch models from the Ollama registry, Hugging Face or a web address.")
    .argument("<ref...>", "qwen3:0.6b, hf.co/org/repo[:QUANT or /file.gguf] or https://….gguf")
    .option(jsonFlag, "a line of JSON for each event");
  addConfigFlags(command, ["home", ...sourceKeys])
    .addHelpText(
      "after",
      "\nExamples:\n  hearth pull qwen3:0.6b\n  hearth pull hf.co/bartowski/Qwen2.5-0.5B-Instruct-GGUF:Q4_K_M\n\nWhat a stopped pull has fetched is kept; pulling again goes on from there.",
    )
    .action(async (references: string[], { json = false }: JsonOption) => {
      const { pull } = await import("./pull.ts");
      finish(await pull(deps, { ...readConfigFlags(command), references, json }));
    });
}

function addLs(program: Command, deps: CliDeps, finish: Finish): void {
  const command = program
    .command("ls")
    .alias("list")
    .description("List every model at hand: built in, configured, stored, and found on this machine.")
    .option(jsonFlag, forMachines);
  addConfigFlags(command, placeKeys)
    .addHelpText(
      "after",
      "\nExample:\n  hearth ls --model-dir ~/models\n\nSHARED is what other stored models need too; removing a model frees the rest.",
    )
    .action(async ({ json = false }: JsonOption) => {
      const { ls } = await import("./ls.ts");
      finish(await ls(deps, { ...readConfigFlags(command), json }));
    });
}

function addShow(program: Command, deps: CliDeps, finish: Finish): void {
  const command = program
    .command("show")
    .description("Describe a model, and the memory that it will take.")
    .argument("<model>", "a name that hearth ls shows, or the path of a .gguf file")
    .option("--template", "print its whole template and nothing else")
    .option("--modelfile", "print a Modelfile that makes it anew and nothing else")
    .option(jsonFlag, forMachines);
  addConfigFlags(command, [...placeKeys, ...memoryKeys])
    .addHelpText(
      "after",
      "\nExamples:\n  hearth show hearth-demo\n  hearth show ./qwen3-0.6b.gguf --ctx 32768",
    )
    .action(async (model: string, options: JsonOption & { template?: boolean; modelfile?: boolean }) => {
      const { json = false, template = false, modelfile = false } = options;
      if (Number(json) + Number(template) + Number(modelfile) > 1)
        throw new UsageError("give one of --json, --template and --modelfile");
      const only = template ? "template" : modelfile ? "modelfile" : undefined;
      const { show } = await import("./show.ts");
      finish(await show(deps, { ...readConfigFlags(command), model, json, ...(only && { only }) }));
    });
}

function addPs(program: Command, deps: CliDeps, finish: Finish): void {
  const command = program
    .command("ps")
    .description("List the models that the running server holds in memory.")
    .option(jsonFlag, forMachines);
  addConfigFlags(command, serverKeys)
    .addHelpText(
      "after",
      "\nExample:\n  hearth ps --port 8080\n\nMEMORY is what was planned for, HELD what the model's process has at this moment.",
    )
    .action(async ({ json = false }: JsonOption) => {
      const { ps } = await import("./ps.ts");
      finish(await ps(deps, { ...readConfigFlags(command), json }));
    });
}

function addUnload(program: Command, deps: CliDeps, finish: Finish): void {
  const command = program
    .command("unload")
    .alias("stop")
    .description("Have the running server let go of models; answers that run end first.")
    .argument("<model...>", "a name that hearth ps shows");
  addConfigFlags(command, serverKeys)
    .addHelpText("after", "\nExample:\n  hearth unload qwen3:0.6b")
    .action(async (names: string[]) => {
      const { unload } = await import("./unload.ts");
      finish(await unload(deps, { ...readConfigFlags(command), names }));
    });
}

function addImport(program: Command, deps: CliDeps, finish: Finish): void {
  const command = program
    .command("import")
    .description("Take a .gguf file into the store, by hard link or reflink where the disk can.")
    .argument("<path>", "the file, or the first part of a split model; an adapter too")
    .option("--name <name>", "what to call it (default: the file's name without .gguf)")
    .option("--in-place", "only remember where the file is")
    .option(jsonFlag, "a line of JSON for each event");
  addConfigFlags(command, ["home"])
    .addHelpText("after", "\nExample:\n  hearth import ./qwen3-0.6b.gguf --name qwen3:0.6b")
    .action(async (path: string, options: JsonOption & { name?: string; inPlace?: boolean }) => {
      const { json = false, name, inPlace = false } = options;
      const { importModel } = await import("./import-model.ts");
      finish(await importModel(deps, { ...readConfigFlags(command), path, name, inPlace, json }));
    });
}

function addCreate(program: Command, deps: CliDeps, finish: Finish): void {
  const command = program
    .command("create")
    .description("Make a model of another one or of files, as a Modelfile says.")
    .argument("<name>", "what to call it")
    .option("-f, --file <modelfile>", "the Modelfile", "Modelfile")
    .option(jsonFlag, "a line of JSON for each event");
  addConfigFlags(command, [...placeKeys, ...sourceKeys])
    .addHelpText(
      "after",
      "\nExample:\n  hearth create pirate -f ./Modelfile\n\nPaths in the Modelfile start from its folder.",
    )
    .action(async (name: string, { file, json = false }: JsonOption & { file: string }) => {
      const { create } = await import("./create.ts");
      finish(await create(deps, { ...readConfigFlags(command), name, modelfile: file, json }));
    });
}

function addCp(program: Command, deps: CliDeps, finish: Finish): void {
  const command = program
    .command("cp")
    .description("Give a model a second name; no file is copied.")
    .argument("<from>", "a name that hearth ls shows")
    .argument("<to>", "the new name");
  addConfigFlags(command, placeKeys)
    .addHelpText("after", "\nExample:\n  hearth cp qwen3:0.6b assistant")
    .action(async (from: string, to: string) => {
      const { cp } = await import("./cp.ts");
      finish(await cp(deps, { ...readConfigFlags(command), from, to }));
    });
}

function addRm(program: Command, deps: CliDeps, finish: Finish): void {
  const command = program
    .command("rm")
    .description("Remove models, and the files that no other model needs.")
    .argument("<model...>", "a name that hearth ls shows");
  addConfigFlags(command, placeKeys)
    .addHelpText("after", "\nExample:\n  hearth rm qwen3:0.6b")
    .action(async (names: string[]) => {
      const { rm } = await import("./rm.ts");
      finish(await rm(deps, { ...readConfigFlags(command), names }));
    });
}

function addGc(program: Command, deps: CliDeps, finish: Finish): void {
  const command = program
    .command("gc")
    .description("Free stored files that no model needs, and downloads left alone for a week.")
    .option("--all", "free every unfinished download")
    .option(jsonFlag, forMachines);
  addConfigFlags(command, ["home"])
    .addHelpText("after", "\nExample:\n  hearth gc --all")
    .action(async ({ all = false, json = false }: JsonOption & { all?: boolean }) => {
      const { gc } = await import("./gc.ts");
      finish(await gc(deps, { ...readConfigFlags(command), all, json }));
    });
}

function addVerify(program: Command, deps: CliDeps, finish: Finish): void {
  const command = program
    .command("verify")
    .description("Hash stored files again and name each that is wrong, with the models that need it.")
    .argument("[model...]", "only the files of these (default: all)")
    .option(jsonFlag, "a line of JSON for each file");
  addConfigFlags(command, ["home"])
    .addHelpText("after", "\nExample:\n  hearth verify qwen3:0.6b")
    .action(async (names: string[], { json = false }: JsonOption) => {
      const { verify } = await import("./verify.ts");
      finish(await verify(deps, { ...readConfigFlags(command), names, json }));
    });
}

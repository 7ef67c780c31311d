import { Argument, type Command, Option } from "commander";
import { addConfigFlags, readConfigFlags } from "../config-flags.ts";
import type { CliDeps, Finish } from "../deps.ts";
import { knowledgeKeys } from "./knowledge-keys.ts";

const labels = ["local", "any"] as const;
type Label = (typeof labels)[number];
type JsonOption = { readonly json?: boolean };
type ModelOption = { readonly wordsOnly?: boolean };

export function addCollection(program: Command, deps: CliDeps, finish: Finish): void {
  const collection = program
    .command("collection")
    .description("List, make and change collections: sets of documents that are searched as one.")
    .addHelpText(
      "after",
      "\nExample:\n  hearth collection create notes --label local\n  hearth collection ls",
    );
  addLs(collection, deps, finish);
  addShow(collection, deps, finish);
  addCreate(collection, deps, finish);
  addRm(collection, deps, finish);
  addReembed(collection, deps, finish);
  addLabel(collection, deps, finish);
}

function addLs(collection: Command, deps: CliDeps, finish: Finish): void {
  const command = collection
    .command("ls")
    .alias("list")
    .description("List all collections.")
    .option("--json", "for machines");
  addConfigFlags(command, ["home"])
    .addHelpText("after", "\nExample:\n  hearth collection ls --json")
    .action(async ({ json = false }: JsonOption) => {
      const { listCollections } = await import("./collections.ts");
      finish(await listCollections(deps, { ...readConfigFlags(command), json }));
    });
}

function addShow(collection: Command, deps: CliDeps, finish: Finish): void {
  const command = collection
    .command("show")
    .description("Describe a collection, with the documents that it holds.")
    .argument("<name>", "a name that hearth collection ls shows")
    .option("--limit <count>", "most documents to list (default 20)")
    .option("--json", "for machines");
  addConfigFlags(command, ["home"])
    .addHelpText("after", "\nExample:\n  hearth collection show codebase-context")
    .action(async (name: string, options: JsonOption & { limit?: string }) => {
      const { json = false, limit } = options;
      const { showCollection } = await import("./collections.ts");
      const asked = { name, json, ...(limit !== undefined && { limit }) };
      finish(await showCollection(deps, { ...readConfigFlags(command), ...asked }));
    });
}

function addCreate(collection: Command, deps: CliDeps, finish: Finish): void {
  const command = collection
    .command("create")
    .description("Make an empty collection.")
    .argument("<name>", "what to call it: a-z, 0-9 and -")
    .option("--description <text>", "what it is for")
    .option("--words-only", "no embedding model, whatever is configured")
    .addOption(
      new Option("--label <label>", "local: what is found in it never leaves this machine").choices(labels),
    );
  addConfigFlags(command, ["home", "embeddingModel", "modelFolders", "discover"])
    .addHelpText("after", "\nExample:\n  hearth collection create notes --embedding-model nomic-embed-text")
    .action(async (name: string, given: ModelOption & { description?: string; label?: Label }) => {
      const { createCollection } = await import("./collections.ts");
      finish(await createCollection(deps, { ...readConfigFlags(command), name, given }));
    });
}

function addRm(collection: Command, deps: CliDeps, finish: Finish): void {
  const command = collection
    .command("rm")
    .description("Remove collections with all they hold; those that are always there are emptied.")
    .argument("<name...>", "names that hearth collection ls shows");
  addConfigFlags(command, ["home"])
    .addHelpText("after", "\nExample:\n  hearth collection rm notes")
    .action(async (names: string[]) => {
      const { removeCollections } = await import("./collections.ts");
      finish(await removeCollections(deps, { ...readConfigFlags(command), names }));
    });
}

function addReembed(collection: Command, deps: CliDeps, finish: Finish): void {
  const command = collection
    .command("reembed")
    .description(
      "Give all texts of a collection vectors of another model; it is searched by the old until the end.",
    )
    .argument("<name>", "a name that hearth collection ls shows")
    .argument("[model]", "an embedding model that hearth ls shows")
    .option("--words-only", "take its vectors away");
  addConfigFlags(
    command,
    knowledgeKeys.filter((key) => key !== "embeddingModel"),
  )
    .addHelpText("after", "\nExample:\n  hearth collection reembed notes nomic-embed-text")
    .action(async (name: string, model: string | undefined, { wordsOnly = false }: ModelOption) => {
      const { reembedCollection } = await import("./collections.ts");
      const asked = { name, wordsOnly, ...(model !== undefined && { model }) };
      finish(await reembedCollection(deps, { ...readConfigFlags(command), ...asked }));
    });
}

function addLabel(collection: Command, deps: CliDeps, finish: Finish): void {
  const command = collection
    .command("label")
    .description("Say whether what is found in a collection may leave this machine.")
    .argument("<name>", "a name that hearth collection ls shows")
    .addArgument(
      new Argument("<label>", "local: never; any: to the models that a request names").choices(labels),
    );
  addConfigFlags(command, ["home"])
    .addHelpText("after", "\nExample:\n  hearth collection label notes local")
    .action(async (name: string, label: Label) => {
      const { labelCollection } = await import("./collections.ts");
      finish(await labelCollection(deps, { ...readConfigFlags(command), name, label }));
    });
}

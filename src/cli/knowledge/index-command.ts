import { type Command, Option } from "commander";
import { addConfigFlags, collect, readConfigFlags } from "../config-flags.ts";
import type { CliDeps, Finish } from "../deps.ts";
import type { IndexFlags } from "./index-documents.ts";
import { knowledgeKeys } from "./knowledge-keys.ts";

export function addIndex(program: Command, deps: CliDeps, finish: Finish): void {
  const command = program
    .command("index")
    .description("Take a folder, a file or a page into a collection, or bring it up to date with them.")
    .argument("<source>", "a path, or the http(s) address of one page")
    .option("--collection <name>", "where to; it is made where it is not there", "codebase-context")
    .option("--words-only", "no embedding model, whatever is configured")
    .addOption(
      new Option("--label <label>", "local: what is found in it never leaves this machine").choices([
        "local",
        "any",
      ]),
    )
    .option("--include <pattern>", "only files like this, such as *.md or docs/; may be repeated", collect)
    .option("--exclude <pattern>", "no files like this; may be repeated", collect)
    .option("--max-file <MiB>", "largest file that is read (default 16)")
    .option("--watch", "go on, and follow changes until it is stopped")
    .option("--json", "the report of each run as a line of JSON");
  addConfigFlags(command, knowledgeKeys)
    .addHelpText(
      "after",
      "\nExamples:\n  hearth index .\n  hearth index ~/notes --collection notes --include '*.md' --watch\n  hearth index https://example.org/manual.html --collection manuals\n\nOf a git work tree what git tracks, or would, is taken; elsewhere what no .gitignore names; nowhere what a\n.hearthignore names. What has not changed is left as it is, and what is gone is removed, so that a run that was\nstopped goes on with the next one.",
    )
    .action(async (source: string, given: IndexFlags) => {
      const { indexDocuments } = await import("./index-documents.ts");
      finish(await indexDocuments(deps, { ...readConfigFlags(command), source, given }));
    });
}

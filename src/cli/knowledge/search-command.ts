import type { Command } from "commander";
import { addConfigFlags, readConfigFlags } from "../config-flags.ts";
import type { CliDeps, Finish } from "../deps.ts";
import { knowledgeKeys } from "./knowledge-keys.ts";

export type SearchFlags = {
  readonly limit?: string;
  readonly minScore?: string;
  readonly rerank?: string;
  readonly filter?: string;
  readonly json?: boolean;
};

export function addSearch(program: Command, deps: CliDeps, finish: Finish): void {
  const command = program
    .command("search")
    .description("Search a collection by words, and by meaning where it has an embedding model.")
    .argument("<collection>", "a name that hearth collection ls shows")
    .argument("<query...>", "what to look for")
    .option("--limit <count>", "most texts to show (default 5)")
    .option("--min-score <number>", "leave out texts below this, from 0 to 1")
    .option("--rerank <model>", "order them by this rerank model")
    .option("--filter <json>", 'only documents with these attributes, such as \'{"language": "go"}\'')
    .option("--json", "[{source, startLine, endLine, score, text}]");
  addConfigFlags(command, knowledgeKeys)
    .addHelpText(
      "after",
      '\nExamples:\n  hearth search codebase-context "where are requests parsed"\n  hearth search notes invoice --limit 3 --json\n\nLines of a PDF file are its pages.',
    )
    .action(async (collection: string, words: string[], given: SearchFlags) => {
      const { searchCollection } = await import("./search-collection.ts");
      finish(
        await searchCollection(deps, {
          ...readConfigFlags(command),
          collection,
          query: words.join(" "),
          given,
        }),
      );
    });
}

import type { ConfigFlags } from "../config-flags.ts";
import { UsageError } from "../usage-error.ts";

/** The model that a command line asks for: null for words only, undefined where it says nothing. Throws UsageError. */
export function readChosenModel(
  { flags }: ConfigFlags,
  { wordsOnly = false }: { readonly wordsOnly?: boolean },
): string | null | undefined {
  const { embeddingModel } = flags;
  if (wordsOnly && embeddingModel !== undefined) {
    throw new UsageError("give one of --embedding-model and --words-only");
  }
  if (wordsOnly) return null;
  return typeof embeddingModel === "string" ? embeddingModel : undefined;
}

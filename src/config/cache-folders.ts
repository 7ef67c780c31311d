import { join } from "node:path";
import type { Environment } from "./defaults.ts";
import type { CacheFolders } from "./schema.ts";

/** Where the programs of the same names keep their models, as their own variables say or by their defaults. */
export function findCacheFolders(environment: Environment): CacheFolders {
  const { HOME: home, OLLAMA_MODELS, HF_HUB_CACHE, HF_HOME, XDG_CACHE_HOME, LLAMA_CACHE } = environment;
  const cache = XDG_CACHE_HOME || (home ? join(home, ".cache") : undefined);
  const folders = {
    ollama: OLLAMA_MODELS || under(home, ".ollama", "models"),
    huggingFace: HF_HUB_CACHE || under(HF_HOME, "hub") || under(cache, "huggingface", "hub"),
    llamaCpp: LLAMA_CACHE || under(cache, "llama.cpp"),
    lmStudio: under(home, ".lmstudio", "models"),
  };
  return Object.fromEntries(Object.entries(folders).filter(([, folder]) => folder !== undefined));
}

function under(folder: string | undefined, ...parts: readonly string[]): string | undefined {
  return folder ? join(folder, ...parts) : undefined;
}

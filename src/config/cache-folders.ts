import { join } from "node:path";
import type { CacheFolders } from "./schema.ts";

/** The folders where other programs keep models, as their own variables say or by their defaults. */
export function findCacheFolders(
  environment: Readonly<Record<string, string | undefined>>,
  platform: NodeJS.Platform = process.platform,
): CacheFolders {
  const given = (name: string): string | undefined => environment[name]?.trim() || undefined;
  const home = given("HOME") ?? given("USERPROFILE");
  const under = (folder: string | undefined, ...parts: readonly string[]) =>
    folder === undefined ? undefined : join(folder, ...parts);
  const dotCache = given("XDG_CACHE_HOME") ?? under(home, ".cache");
  const ownCache =
    platform === "darwin"
      ? under(home, "Library", "Caches")
      : platform === "win32"
        ? (given("LOCALAPPDATA") ?? under(home, "AppData", "Local"))
        : dotCache;
  const hubHome = given("HF_HOME") ?? under(dotCache, "huggingface");
  const folders = {
    ollama: given("OLLAMA_MODELS") ?? under(home, ".ollama", "models"),
    huggingFace: given("HF_HUB_CACHE") ?? given("HUGGINGFACE_HUB_CACHE") ?? under(hubHome, "hub"),
    llamaCpp: given("LLAMA_CACHE") ?? under(ownCache, "llama.cpp"),
    lmStudio: under(home, ".lmstudio", "models"),
  };
  return Object.fromEntries(Object.entries(folders).filter(([, folder]) => folder !== undefined));
}

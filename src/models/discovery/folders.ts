import { join } from "node:path";

/** Where other programs keep models; absent ones are not looked at. */
export type CacheFolders = {
  /** Holds `manifests` and `blobs`. */
  readonly ollama?: string;
  /** The hub cache, which holds `models--org--repo`. */
  readonly huggingFace?: string;
  readonly llamaCpp?: string;
  readonly lmStudio?: string;
};

/** The folders that these programs use by default, as their own variables say. Pure: nothing is looked up. */
export function defaultCacheFolders(
  environment: Readonly<Record<string, string | undefined>>,
  home: string,
  platform: NodeJS.Platform = process.platform,
): Required<CacheFolders> {
  const given = (name: string): string | undefined => environment[name]?.trim() || undefined;
  const ownCache =
    platform === "darwin"
      ? join(home, "Library", "Caches")
      : platform === "win32"
        ? (given("LOCALAPPDATA") ?? join(home, "AppData", "Local"))
        : (given("XDG_CACHE_HOME") ?? join(home, ".cache"));
  const hubHome = given("HF_HOME") ?? join(given("XDG_CACHE_HOME") ?? join(home, ".cache"), "huggingface");
  return {
    ollama: given("OLLAMA_MODELS") ?? join(home, ".ollama", "models"),
    huggingFace: given("HF_HUB_CACHE") ?? given("HUGGINGFACE_HUB_CACHE") ?? join(hubHome, "hub"),
    llamaCpp: given("LLAMA_CACHE") ?? join(ownCache, "llama.cpp"),
    lmStudio: join(home, ".lmstudio", "models"),
  };
}

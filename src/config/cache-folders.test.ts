import { expect, test } from "bun:test";
import { findCacheFolders } from "./cache-folders.ts";

test.each([
  [
    {},
    "linux",
    {
      ollama: "/h/.ollama/models",
      huggingFace: "/h/.cache/huggingface/hub",
      llamaCpp: "/h/.cache/llama.cpp",
    },
  ],
  [{}, "darwin", { llamaCpp: "/h/Library/Caches/llama.cpp", lmStudio: "/h/.lmstudio/models" }],
  [{ XDG_CACHE_HOME: "/x" }, "linux", { huggingFace: "/x/huggingface/hub", llamaCpp: "/x/llama.cpp" }],
  [{ HF_HOME: "/hf", LLAMA_CACHE: "/l" }, "linux", { huggingFace: "/hf/hub", llamaCpp: "/l" }],
  [
    { HF_HOME: "/hf", HF_HUB_CACHE: "/hub", OLLAMA_MODELS: "/o" },
    "linux",
    { huggingFace: "/hub", ollama: "/o" },
  ],
  [{ OLLAMA_MODELS: "" }, "linux", { ollama: "/h/.ollama/models" }],
] as const)("the folders for %j on %s", (environment, platform, expected) => {
  expect(findCacheFolders({ HOME: "/h", ...environment }, platform)).toMatchObject(expected);
});

test("without a home folder nothing is looked for but what is named", () => {
  expect(findCacheFolders({ OLLAMA_MODELS: "/o" }, "linux")).toEqual({ ollama: "/o" });
});

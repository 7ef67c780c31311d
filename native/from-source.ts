import { readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { cacheDir } from "./library.ts";
import { sourceDir } from "./source.ts";
import { run } from "./toolchain.ts";

/** Compiles libllama, ggml and llama-common from the source bundle and returns the paths of the libraries. */
export function compileFromSource(options: { readonly cuda: boolean }): string[] {
  if (options.cuda) run("nvcc", ["--version"]);
  const build = join(cacheDir, options.cuda ? "build-cuda" : "build");
  const origin = process.platform === "darwin" ? "@loader_path" : "$ORIGIN";
  const flags = {
    CMAKE_BUILD_TYPE: "Release",
    BUILD_SHARED_LIBS: "ON",
    CMAKE_PLATFORM_NO_VERSIONED_SONAME: "ON",
    CMAKE_BUILD_WITH_INSTALL_RPATH: "ON",
    CMAKE_INSTALL_RPATH: origin,
    GGML_BACKEND_DL: "ON",
    GGML_NATIVE: "OFF",
    GGML_CPU_ALL_VARIANTS: process.platform === "linux" ? "ON" : "OFF",
    GGML_CUDA: options.cuda ? "ON" : "OFF",
    ...(options.cuda && { CMAKE_CUDA_ARCHITECTURES: "native" }),
    LLAMA_BUILD_COMMON: "ON",
    LLAMA_BUILD_TOOLS: "OFF",
    LLAMA_BUILD_EXAMPLES: "OFF",
    LLAMA_BUILD_SERVER: "OFF",
    LLAMA_BUILD_TESTS: "OFF",
    LLAMA_CURL: "OFF",
    LLAMA_OPENSSL: "OFF",
  };
  const defines = Object.entries(flags).map(([name, value]) => `-D${name}=${value}`);
  run("cmake", ["-S", sourceDir(), "-B", build, ...defines], { visible: true });
  const jobs = String(availableParallelism());
  run("cmake", ["--build", build, "--config", "Release", "--target", "llama-common", "-j", jobs], {
    visible: true,
  });
  const bin = join(build, "bin");
  return readdirSync(bin)
    .filter((name) => /\.(so|dylib|metallib)$/.test(name))
    .map((name) => join(bin, name));
}

/** The peer: llama-server from the very source that Hearth's own libraries come from. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { sourceDir } from "../native/source.ts";
import { run } from "../native/toolchain.ts";
import { versions } from "../native/versions.ts";
import { cacheDir } from "./models.ts";

export type PeerServer = { readonly path: string; readonly description: string };

/** GGML_NATIVE compiles for this very CPU, which is at least as fast as the variant that Hearth picks at run time. */
const buildFlags = [
  "CMAKE_BUILD_TYPE=Release",
  "GGML_NATIVE=ON",
  "LLAMA_BUILD_TESTS=OFF",
  "LLAMA_BUILD_EXAMPLES=OFF",
  "LLAMA_BUILD_APP=OFF",
  "LLAMA_BUILD_UI=OFF",
  "LLAMA_USE_PREBUILT_UI=OFF",
  "LLAMA_OPENSSL=OFF",
] as const;

/** Finds llama-server, or builds it (some minutes) where neither a build nor LLAMA_SERVER is there. */
export function ensureLlamaServer(): PeerServer {
  const given = process.env.LLAMA_SERVER;
  if (given) return { path: given, description: `as given by LLAMA_SERVER, ${readVersion(given)}` };
  const buildDir = join(cacheDir, `llama-server-${versions.source.revision.slice(0, 12)}`);
  const path = join(buildDir, "bin/llama-server");
  if (!existsSync(path)) build(buildDir);
  return {
    path,
    description: `llama.cpp ${versions.llamaCpp} from its source bundle, ${buildFlags.join(" ")}`,
  };
}

function build(buildDir: string): void {
  console.error(
    "building llama-server once, which takes some minutes; LLAMA_SERVER=PATH would use a ready one",
  );
  run("cmake", ["-S", sourceDir(), "-B", buildDir, ...buildFlags.map((flag) => `-D${flag}`)]);
  const jobs = `${navigator.hardwareConcurrency}`;
  run("cmake", ["--build", buildDir, "--target", "llama-server", "--parallel", jobs]);
}

function readVersion(path: string): string {
  const { stdout, stderr } = Bun.spawnSync([path, "--version"]);
  return /^version: .*$/m.exec(`${stdout}${stderr}`)?.[0] ?? "version unknown";
}

import { spawnSync } from "node:child_process";

const isMac = process.platform === "darwin";

const installHints: Readonly<Record<string, string>> = {
  compiler: isMac ? "xcode-select --install" : "apt install g++   (or: dnf install gcc-c++)",
  git: isMac ? "xcode-select --install" : "apt install git   (or: dnf install git)",
  npm: "Node.js with npm, from https://nodejs.org or your package manager",
  cmake: isMac ? "brew install cmake" : "apt install cmake   (or: dnf install cmake)",
  tar: "tar, from your package manager",
  nvcc: "the CUDA toolkit, from https://developer.nvidia.com/cuda-downloads",
};

/** The C++ compiler: `CXX`, else clang++ on macOS and g++ elsewhere. */
export const compiler = process.env.CXX ?? (isMac ? "clang++" : "g++");

/** Runs a program to its end and returns its output. A missing program or a failure is an error that says what to do. */
export function run(
  program: string,
  args: readonly string[],
  options: { cwd?: string; visible?: boolean } = {},
): string {
  const result = spawnSync(program, args, {
    cwd: options.cwd,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
    stdio: ["ignore", options.visible ? "inherit" : "pipe", options.visible ? "inherit" : "pipe"],
  });
  if (result.error) throw missing(program, result.error);
  if (result.status !== 0) throw new Error(`${program} ${args.join(" ")} failed:\n${result.stderr ?? ""}`);
  return result.stdout ?? "";
}

/** Runs a compiler on its own; the promise fails with what it printed. */
export async function runAsync(program: string, args: readonly string[]): Promise<void> {
  const child = Bun.spawn([program, ...args], { stdin: "ignore", stdout: "ignore", stderr: "pipe" });
  const [status, errors] = await Promise.all([child.exited, new Response(child.stderr).text()]);
  if (status !== 0) throw new Error(`${program} ${args.join(" ")} failed:\n${errors}`);
  if (errors.trim() !== "") console.warn(errors.trim());
}

function missing(program: string, cause: Error): Error {
  const hint = installHints[program === compiler ? "compiler" : program];
  return new Error(
    `${program} is needed to set up Hearth and could not be started; install it: ${hint ?? program}`,
    { cause },
  );
}

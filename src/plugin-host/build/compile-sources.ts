import { dirname, resolve } from "node:path";
import type { CompileRequest, CompileResult } from "./compile-protocol.ts";
import type { Sdk } from "./read-sdk.ts";
import { sdkName } from "./source-files.ts";

/**
 * How plugins are compiled. An instance is set back to its snapshot after each call, so nothing is ever freed: `stub` is
 * the runtime without a collector, the smallest and fastest.
 */
export const compilerFlags: readonly string[] = [
  "--runtime",
  "stub",
  "--optimizeLevel",
  "3",
  "--shrinkLevel",
  "1",
  "--use",
  `abort=~lib/${sdkName}/abort/abort`,
];

const compileTimeoutMs = 120_000;

/** Compiles `assembly/index.ts` of a folder in a process of its own; what is wrong with the sources is in the result. */
export async function compileSources(options: {
  readonly folder: string;
  readonly sdk: Sdk;
  /** As `locateCompiler` gives it. */
  readonly program: string;
  readonly signal?: AbortSignal | undefined;
}): Promise<CompileResult> {
  const { folder, sdk, program, signal } = options;
  const request: CompileRequest = {
    folder: resolve(folder),
    sdk: Object.fromEntries(sdk.sources),
    flags: compilerFlags,
  };
  const child = Bun.spawn([process.execPath, program], {
    // Not in the plugin's folder: what lies there must not configure the runtime.
    cwd: dirname(program),
    // The executable is a runtime for any program then.
    env: { BUN_BE_BUN: "1" },
    stdin: new Blob([JSON.stringify(request)]),
    stdout: "pipe",
    stderr: "ignore",
    timeout: compileTimeoutMs,
    killSignal: "SIGKILL",
    ...(signal && { signal }),
  });
  const [output, code] = await Promise.all([new Response(child.stdout).text(), child.exited]);
  signal?.throwIfAborted();
  return code === 0 ? JSON.parse(output) : { errors: [describeEnd(child.signalCode)], warnings: [] };
}

function describeEnd(signal: string | number | null): string {
  if (signal) return `the compiler was ended by ${signal}; it may take ${compileTimeoutMs / 1000} seconds`;
  return "the AssemblyScript compiler failed on these sources without saying where; undo the last change, or write types out";
}

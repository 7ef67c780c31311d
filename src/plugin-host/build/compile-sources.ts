import { type Compiler, type CompilerFiles, type Diagnostic, loadCompiler } from "./load-compiler.ts";
import { openSourceFiles, type SourceFiles, sdkName } from "./source-files.ts";

export const entryFile = "assembly/index.ts";

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

export type CompileResult = {
  /** Undefined where there are errors. */
  readonly wasm?: Uint8Array;
  /** Each as `assembly/index.ts:4:7: message`, with the line that it is about. */
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
};

const errorCategory = 3;
const warningCategory = 2;
let last: Promise<unknown> = Promise.resolve();

/** Compiles `assembly/index.ts` of a folder, one folder after the other: the compiler keeps state of its own. */
export function compileSources(folder: string, files: CompilerFiles): Promise<CompileResult> {
  const result = last.then(() => compile(folder, files));
  last = result.catch(() => undefined);
  return result;
}

async function compile(folder: string, files: CompilerFiles): Promise<CompileResult> {
  const compiler = await loadCompiler(files);
  const sources = openSourceFiles(folder, files.sdk);
  const diagnostics: Diagnostic[] = [];
  let wasm: Uint8Array | undefined;
  const { crash, error } = await surviveCrash(async () =>
    compiler.main([entryFile, "--outFile", "plugin.wasm", ...compilerFlags], {
      readFile: (name) => sources.read(name),
      writeFile: (_, content) => {
        if (typeof content !== "string") wasm = content;
      },
      listFiles: () => [],
      reportDiagnostic: (diagnostic) => void diagnostics.push(diagnostic),
    }),
  );
  const ofCategory = (category: number) =>
    diagnostics.filter((entry) => entry.category === category).map((entry) => describe(entry, sources));
  const outside = [...sources.refused].map(
    (path) =>
      `${path} is outside of the plugin's folder; a plugin is compiled from its own folder and ${sdkName}`,
  );
  const errors = [...outside, ...ofCategory(errorCategory), ...crash];
  if (errors.length === 0 && error) errors.push(error.message);
  const warnings = ofCategory(warningCategory);
  return errors.length === 0 && wasm ? { wasm, errors, warnings } : { errors, warnings };
}

/**
 * The compiler prints a text and ends the process where it has a fault of its own, which wrong sources can bring out:
 * here that is an error like others.
 */
async function surviveCrash(
  work: () => ReturnType<Compiler["main"]>,
): Promise<{ readonly crash: readonly string[]; readonly error: Error | null }> {
  const { exit } = process;
  const { error: print } = console;
  const ended = new Error("the compiler ended");
  process.exit = () => {
    throw ended;
  };
  console.error = () => undefined;
  try {
    const { error } = await work();
    return { crash: [], error };
  } catch (error) {
    if (error !== ended) throw error;
    const message =
      "the AssemblyScript compiler failed on these sources without saying where; undo the last change, or write types out";
    return { crash: [message], error: null };
  } finally {
    process.exit = exit;
    console.error = print;
  }
}

function describe({ message, code, range }: Diagnostic, sources: SourceFiles): string {
  if (!range) return message;
  const path = range.source.normalizedPath;
  const text = sources.textOf(path);
  if (text === undefined) return `${path}: ${message} (AS${code})`;
  const before = text.slice(0, range.start).split("\n");
  const line = text.split("\n")[before.length - 1] ?? "";
  const column = (before.at(-1)?.length ?? 0) + 1;
  return `${path}:${before.length}:${column}: ${message} (AS${code})\n    ${line.trim()}`;
}

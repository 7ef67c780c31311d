/**
 * The compiler in a process of its own: it prints a text and ends the process where it has a fault of its own, it may
 * never end, and as a module with top-level await a compiled executable cannot import it. A request comes as JSON on
 * stdin, the result goes as JSON to stdout. The executable carries this file and the compiler as one.
 */
import * as assemblyscript from "assemblyscript/asc";
import { type CompileRequest, type CompileResult, entryFile } from "./compile-protocol.ts";
import { openSourceFiles, type SourceFiles, sdkName } from "./source-files.ts";

/** What is used of asc. */
type Compiler = {
  readonly main: (
    argv: readonly string[],
    options: {
      readonly readFile: (name: string, folder: string) => string | null;
      readonly writeFile: (name: string, content: Uint8Array | string) => void;
      readonly listFiles: () => readonly string[];
      readonly reportDiagnostic: (diagnostic: Diagnostic) => void;
    },
  ) => Promise<{ readonly error: Error | null }>;
};

type Diagnostic = {
  readonly message: string;
  readonly code: number;
  readonly category: number;
  /** Offset in UTF-16 units. */
  readonly range: { readonly start: number; readonly source: { readonly normalizedPath: string } } | null;
};

/** The compiler is told to use it, so it must be there for plugins that use nothing else of the SDK too. */
const abortImport = `\nimport "${sdkName}/abort";\n`;
const errorCategory = 3;
const warningCategory = 2;
const fileNotFound = 6054;
const ownSources = `a plugin is compiled from its own folder and ${sdkName}`;

async function compile({ folder, sdk, flags }: CompileRequest): Promise<CompileResult> {
  const sources = openSourceFiles(folder, new Map(Object.entries(sdk)));
  const diagnostics: Diagnostic[] = [];
  let wasm: Uint8Array | undefined;
  const compiler = assemblyscript as unknown as Compiler;
  const { error } = await compiler.main([entryFile, "--outFile", "plugin.wasm", ...flags], {
    readFile: (name) => {
      const text = sources.read(name);
      return text !== null && name === entryFile ? text + abortImport : text;
    },
    writeFile: (_, content) => {
      if (typeof content !== "string") wasm = content;
    },
    listFiles: () => [],
    reportDiagnostic: (diagnostic) => void diagnostics.push(diagnostic),
  });
  const ofCategory = (category: number) =>
    diagnostics.filter((entry) => entry.category === category).map((entry) => describe(entry, sources));
  const outside = [...sources.refused].map(
    (path) => `${path} is outside of the plugin's folder; ${ownSources}`,
  );
  const errors = [...outside, ...ofCategory(errorCategory)];
  if (errors.length === 0 && error) errors.push(error.message);
  const isWhole = errors.length === 0 && wasm !== undefined;
  return {
    ...(isWhole && wasm && { wasm: wasm.toBase64() }),
    errors,
    warnings: ofCategory(warningCategory),
  };
}

function describe({ message, code, range }: Diagnostic, sources: SourceFiles): string {
  if (!range) return message;
  const isPackage = code === fileNotFound && message.includes("'~lib/");
  const hint = isPackage ? `; ${ownSources}` : "";
  const path = range.source.normalizedPath;
  const text = sources.textOf(path);
  if (text === undefined) return `${path}: ${message}${hint} (AS${code})`;
  const before = text.slice(0, range.start).split("\n");
  const line = text.split("\n")[before.length - 1] ?? "";
  const column = (before.at(-1)?.length ?? 0) + 1;
  return `${path}:${before.length}:${column}: ${message}${hint} (AS${code})\n    ${line.trim()}`;
}

const result = await compile(await Bun.stdin.json());
await Bun.write(Bun.stdout, JSON.stringify(result));

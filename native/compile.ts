/** Writes dist/hearth: runtime, code, shim, llama.cpp libraries, the built-in model, plugins and their compiler in one file. */
import { mkdirSync, readdirSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import type { BunPlugin } from "bun";
import { buildLibrary } from "./build.ts";
import { nativeDir } from "./library.ts";
import { packCompiler } from "./plugin-compiler.ts";
import { listBuiltPlugins } from "./plugin-sdk.ts";
import { buildPlugins } from "./plugins.ts";
import { findVectorExtension } from "./vector-extension.ts";

const root = join(nativeDir, "..");
const vectorExtension = findVectorExtension();
const outfile = join(root, "dist", "hearth");

type EmbeddedFile = { readonly name: string; readonly path: string };

/** Puts files in the place of the empty list that a run from source uses. */
function embedFiles(options: {
  /** The file of the list, from `src`, and what it exports. */
  readonly list: string;
  readonly constant: string;
  readonly files: readonly EmbeddedFile[];
}): BunPlugin {
  const { list, constant, files } = options;
  const imports = files.map(
    ({ path }, i) => `import file${i} from ${JSON.stringify(path)} with { type: "file" };`,
  );
  const rows = files.map(({ name }, i) => `{ name: ${JSON.stringify(name)}, source: file${i} }`);
  const contents = `${imports.join("\n")}\nexport const ${constant} = [${rows.join(", ")}];\n`;
  const filter = new RegExp(`[\\\\/]src[\\\\/]${list.replaceAll("/", "[\\\\/]").replaceAll(".", "\\.")}$`);
  return {
    name: `embed-${constant}`,
    setup(build) {
      build.onLoad({ filter }, () => ({ contents, loader: "ts" }));
    },
  };
}

async function listLibraries(): Promise<readonly EmbeddedFile[]> {
  const dir = await buildLibrary();
  const names = readdirSync(dir).filter((name) => !name.endsWith(".json"));
  return names.sort().map((name) => ({ name, path: join(dir, name) }));
}

mkdirSync(join(root, "dist"), { recursive: true });
await buildPlugins();
const result = await Bun.build({
  entrypoints: [join(root, "src", "main.ts")],
  plugins: [
    embedFiles({
      list: "engine/embedded-libraries.ts",
      constant: "embeddedLibraries",
      files: await listLibraries(),
    }),
    embedFiles({
      list: "store/embedded-extension.ts",
      constant: "embeddedExtension",
      files: [{ name: basename(vectorExtension), path: vectorExtension }],
    }),
    embedFiles({
      list: "plugin-host/embedded-plugins.ts",
      constant: "embeddedPlugins",
      files: listBuiltPlugins(),
    }),
    embedFiles({
      list: "plugin-host/build/embedded-compiler.ts",
      constant: "embeddedCompiler",
      files: await packCompiler(),
    }),
  ],
  minify: true,
  // What is imported late is read late too: a server that only answers holds no grammars and no PDF reader in memory.
  splitting: true,
  format: "esm",
  // Halves the time to start: the program's code is most of it.
  bytecode: true,
  // Neither a .env nor a bunfig.toml of the folder it is started in may change what it does.
  compile: { outfile, autoloadDotenv: false, autoloadBunfig: false },
});
if (!result.success) {
  for (const log of result.logs) console.error(log.message);
  process.exit(1);
}
console.log(`${outfile}  ${(statSync(outfile).size / 2 ** 20).toFixed(0)} MiB`);

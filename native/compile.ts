/** Writes dist/hearth: runtime, code, shim, llama.cpp libraries and the built-in model in one file. */
import { mkdirSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { BunPlugin } from "bun";
import { buildLibrary } from "./build.ts";
import { nativeDir } from "./library.ts";

const root = join(nativeDir, "..");
const outfile = join(root, "dist", "hearth");

/** Puts the libraries' files in the place of the empty list that a run from source uses. */
function embedLibraries(dir: string): BunPlugin {
  const files = readdirSync(dir)
    .filter((name) => !name.endsWith(".json"))
    .sort();
  const imports = files.map(
    (name, i) => `import file${i} from ${JSON.stringify(join(dir, name))} with { type: "file" };`,
  );
  const rows = files.map((name, i) => `{ name: ${JSON.stringify(name)}, source: file${i} }`);
  const contents = `${imports.join("\n")}\nexport const embeddedLibraries = [${rows.join(", ")}];\n`;
  return {
    name: "embed-libraries",
    setup(build) {
      build.onLoad({ filter: /[\\/]src[\\/]engine[\\/]embedded-libraries\.ts$/ }, () => ({
        contents,
        loader: "ts",
      }));
    },
  };
}

mkdirSync(join(root, "dist"), { recursive: true });
const result = await Bun.build({
  entrypoints: [join(root, "src", "main.ts")],
  plugins: [embedLibraries(await buildLibrary())],
  minify: true,
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

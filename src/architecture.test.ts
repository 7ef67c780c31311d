import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { basename, dirname, join, normalize } from "node:path";

/** Low to high; a folder imports only from rows above its own. `testing` stands last: only tests import it. */
const layers: readonly (readonly string[])[] = [
  ["base"],
  ["contract", "config"],
  ["observability"],
  ["resilience"],
  ["store", "process"],
  ["models", "plugin-host"],
  ["engine"],
  ["upstreams"],
  ["judges", "knowledge"],
  ["coordinator"],
  ["agent"],
  ["server", "cli"],
  ["app"],
  ["main.ts"],
  ["testing"],
];
const maxFileLines = 400;
const forbiddenNames = /^(utils?|helpers?|core|common|lib|misc|shared)$/;
/** Doors beside the index: what a host process runs, which must not load the server's side of its folder. */
const hostEntries: ReadonlySet<string> = new Set([
  "main.ts -> engine/host/engine-host.ts",
  "main.ts -> plugin-host/host/plugin-host.ts",
  "main.ts -> knowledge/indexing/readers/reader-host.ts",
]);
/** What source files may import from outside `src`. */
const outside: ReadonlySet<string> = new Set([
  "../package.json",
  "../native/library.ts",
  "../native/plugin-sdk.ts",
  "../native/vector-extension.ts",
  "../native/versions.ts",
]);

type Import = { readonly path: string; readonly isRuntime: boolean };
type SourceFile = {
  /** From `src`, as are the paths of its imports. */
  readonly path: string;
  readonly text: string;
  readonly imports: readonly Import[];
  readonly isTest: boolean;
};

const transpilers = {
  ts: new Bun.Transpiler({ loader: "ts" }),
  tsx: new Bun.Transpiler({ loader: "tsx" }),
} as const;
const files = [...new Bun.Glob("**/*.{ts,tsx}").scanSync(import.meta.dir)].sort().map(readSource);
const source = files.filter((file) => !file.isTest);

function readSource(path: string): SourceFile {
  const text = readFileSync(join(import.meta.dir, path), "utf8");
  const transpiler = transpilers[path.endsWith("x") ? "tsx" : "ts"];
  const runtime = new Set(transpiler.scanImports(text).map((entry) => entry.path));
  const written = [...text.matchAll(/(?:\bfrom|\bimport\(|^import) ?"(\.[^"]+)"/gm)].map(
    (match) => match[1] ?? "",
  );
  const imports = [...new Set([...runtime, ...written])]
    .filter((specifier) => specifier.startsWith("."))
    .map((specifier) => ({
      path: normalize(join(dirname(path), specifier)),
      isRuntime: runtime.has(specifier),
    }));
  return {
    path,
    text,
    imports,
    isTest: /[.-](test|contract|fixture)\.tsx?$/.test(path) || path.startsWith("testing/"),
  };
}

function folderOf(path: string): string {
  return path.split("/", 1)[0] ?? path;
}

function layerOf(path: string): number {
  return layers.findIndex((names) => names.includes(folderOf(path)));
}

function isCode(path: string): boolean {
  return /\.tsx?$/.test(path);
}

/** `from -> to` for each import of the files that breaks a rule. */
function breaches(
  among: readonly SourceFile[],
  isBreach: (file: SourceFile, to: string) => boolean,
): string[] {
  return among.flatMap((file) =>
    file.imports.filter(({ path }) => isBreach(file, path)).map(({ path }) => `${file.path} -> ${path}`),
  );
}

test("every folder has a layer", () => {
  expect(files.filter((file) => layerOf(file.path) < 0 && file.path !== "architecture.test.ts")).toEqual([]);
});

test("a folder imports only from lower layers", () => {
  const isUpward = (file: SourceFile, to: string) =>
    !to.startsWith("..") &&
    isCode(to) &&
    folderOf(to) !== folderOf(file.path) &&
    layerOf(to) >= layerOf(file.path);
  expect(breaches(source, isUpward)).toEqual([]);
});

test("another folder is entered through its index alone, and no file imports its own folder's", () => {
  const isDeep = (file: SourceFile, to: string) => {
    if (to.startsWith("..") || !isCode(to) || !to.includes("/")) return false;
    const isIndex = to === `${folderOf(to)}/index.ts`;
    return folderOf(to) === folderOf(file.path) ? isIndex : !isIndex;
  };
  expect(breaches(source, isDeep).filter((breach) => !hostEntries.has(breach))).toEqual([]);
});

test("nothing outside src is imported but what is listed", () => {
  expect(breaches(source, (_, to) => to.startsWith("..") && !outside.has(to))).toEqual([]);
});

test("no import cycle exists at run time", () => {
  const edges = new Map(
    source.map((file) => [
      file.path,
      file.imports.filter((entry) => entry.isRuntime).map((entry) => entry.path),
    ]),
  );
  const done = new Set<string>();
  function findCycle(path: string, trail: readonly string[]): readonly string[] {
    if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path];
    if (done.has(path)) return [];
    for (const next of edges.get(path) ?? []) {
      const cycle = findCycle(next, [...trail, path]);
      if (cycle.length > 0) return cycle;
    }
    done.add(path);
    return [];
  }
  expect([...edges.keys()].map((path) => findCycle(path, [])).filter((cycle) => cycle.length > 0)).toEqual(
    [],
  );
});

test("a start loads none of what only judging, knowledge or learning needs", () => {
  const atOnce = new Map(source.map((file) => [file.path, listAtOnce(file)]));
  const loaded = new Set<string>();
  function load(path: string): void {
    if (loaded.has(path)) return;
    loaded.add(path);
    for (const next of atOnce.get(path) ?? []) load(next);
  }
  load("app/index.ts");
  const late = /^(?:judges|knowledge|store|plugin-host|server)\//;
  expect([...loaded].filter((path) => late.test(path))).toEqual([]);
});

function listAtOnce({ path, text }: SourceFile): readonly string[] {
  return transpilers[path.endsWith("x") ? "tsx" : "ts"]
    .scanImports(text)
    .filter(({ kind, path: specifier }) => kind === "import-statement" && specifier.startsWith("."))
    .map((entry) => normalize(join(dirname(path), entry.path)));
}

test(`no file but tests is longer than ${maxFileLines} lines`, () => {
  expect(
    source.filter((file) => file.text.split("\n").length > maxFileLines + 1).map((file) => file.path),
  ).toEqual([]);
});

test("no folder or file has a name that says nothing", () => {
  const names = (path: string) => [...dirname(path).split("/"), basename(path).replace(/\..*$/, "")];
  expect(
    files.map((file) => file.path).filter((path) => names(path).some((name) => forbiddenNames.test(name))),
  ).toEqual([]);
});

test("the environment and the command line are read in config alone", () => {
  const reads = /\b(process\.(env|argv)|Bun\.(env|argv)|import\.meta\.env)\b/;
  expect(
    source
      .filter((file) => folderOf(file.path) !== "config" && reads.test(file.text))
      .map((file) => file.path),
  ).toEqual([]);
});

test("only the command line writes to the console", () => {
  expect(
    source
      .filter((file) => folderOf(file.path) !== "cli" && /\bconsole\.\w+\(/.test(file.text))
      .map((file) => file.path),
  ).toEqual([]);
});

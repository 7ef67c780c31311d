import { basename, extname } from "node:path";

/** Which text a file holds: what it is called in attributes, and how its parts are found. */
export type Language = {
  readonly name: string;
  readonly category: "code" | "documentation" | "configuration" | "data";
  readonly form: "markdown" | "html" | "pdf" | "grammar" | "indent" | "text";
};

type Row = readonly [name: string, extensions: string];

const grammars: readonly Row[] = [
  ["typescript", "ts mts cts tsx"],
  ["javascript", "js mjs cjs jsx"],
  ["python", "py pyi pyw"],
  ["rust", "rs"],
  ["go", "go"],
  ["c", "c h"],
  ["cpp", "cc cpp cxx c++ hh hpp hxx cu cuh ino"],
  ["java", "java"],
  ["php", "php"],
];
const indented: readonly Row[] = [
  ["csharp", "cs"],
  ["kotlin", "kt kts"],
  ["scala", "scala sc"],
  ["swift", "swift"],
  ["dart", "dart"],
  ["ruby", "rb rake"],
  ["perl", "pl pm"],
  ["lua", "lua"],
  ["shell", "sh bash zsh fish"],
  ["powershell", "ps1 psm1"],
  ["sql", "sql"],
  ["css", "css scss less"],
  ["haskell", "hs"],
  ["ocaml", "ml mli"],
  ["elixir", "ex exs"],
  ["erlang", "erl hrl"],
  ["clojure", "clj cljs"],
  ["julia", "jl"],
  ["r", "r"],
  ["zig", "zig"],
  ["nix", "nix"],
  ["proto", "proto"],
  ["graphql", "graphql gql"],
  ["terraform", "tf hcl"],
  ["vue", "vue"],
  ["svelte", "svelte"],
  ["assembly", "s asm"],
];
const configuration: readonly Row[] = [
  ["json", "json jsonc json5"],
  ["yaml", "yaml yml"],
  ["toml", "toml"],
  ["ini", "ini cfg conf properties"],
  ["xml", "xml xsd xsl svg plist"],
];
const prose: readonly Row[] = [["text", "txt text log rst adoc org tex"]];
/** Whole names, in lower case. */
const names: ReadonlyMap<string, Language> = new Map([
  ["dockerfile", { name: "dockerfile", category: "configuration", form: "indent" }],
  ["makefile", { name: "makefile", category: "code", form: "indent" }],
  ["gemfile", { name: "ruby", category: "code", form: "indent" }],
  ["rakefile", { name: "ruby", category: "code", form: "indent" }],
  ["cmakelists.txt", { name: "cmake", category: "code", form: "indent" }],
]);
const plain: Language = { name: "text", category: "documentation", form: "text" };
const markdown: Language = { name: "markdown", category: "documentation", form: "markdown" };
const html: Language = { name: "html", category: "documentation", form: "html" };
export const pdf: Language = { name: "pdf", category: "documentation", form: "pdf" };

const byExtension: ReadonlyMap<string, Language> = new Map([
  ...toEntries(grammars, "code", "grammar"),
  ...toEntries(indented, "code", "indent"),
  ...toEntries(configuration, "configuration", "indent"),
  ...toEntries(prose, "documentation", "text"),
  ["csv", { name: "csv", category: "data", form: "text" }],
  ["tsv", { name: "csv", category: "data", form: "text" }],
  ...["md", "markdown", "mdx", "mkd"].map((extension) => [extension, markdown] as const),
  ...["html", "htm", "xhtml"].map((extension) => [extension, html] as const),
  ["pdf", pdf],
]);
const byMediaType: ReadonlyMap<string, Language> = new Map([
  ["text/html", html],
  ["application/xhtml+xml", html],
  ["text/markdown", markdown],
  ["application/pdf", pdf],
]);

/** The language of a file by its name; a media type that says what it is, wins. */
export function findLanguage(path: string, mediaType?: string): Language {
  const told = mediaType === undefined ? undefined : byMediaType.get(mediaType);
  if (told) return told;
  const name = basename(path).toLowerCase();
  return names.get(name) ?? byExtension.get(extname(name).slice(1)) ?? plain;
}

function toEntries(
  rows: readonly Row[],
  category: Language["category"],
  form: Language["form"],
): readonly (readonly [string, Language])[] {
  return rows.flatMap(([name, extensions]) =>
    extensions.split(" ").map((extension) => [extension, { name, category, form }] as const),
  );
}

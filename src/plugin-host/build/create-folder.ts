import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { AppError } from "../../base/index.ts";
import { type PluginKind, pluginNameSchema } from "../contracts/manifest.ts";
import { entryFile } from "./compile-protocol.ts";
import { manifestFile } from "./read-manifest.ts";
import { readSdk, type Sdk } from "./read-sdk.ts";
import { sdkName } from "./source-files.ts";
import { connectorTemplate } from "./templates/connector.ts";
import { judgeTemplate } from "./templates/judge.ts";
import { policyTemplate } from "./templates/policy.ts";
import type { Template } from "./templates/template.ts";

const templates: Readonly<Record<PluginKind, Template>> = {
  connector: connectorTemplate,
  judge: judgeTemplate,
  policy: policyTemplate,
};
/** For editors alone: the compiler brings its own SDK and types. */
const editorFolder = ".hearth";

/**
 * Writes a plugin that compiles and passes its cases, and gives the paths of its files in the folder. Throws AppError
 * invalid_request for a wrong name and for a folder that has something in it.
 */
export async function createPluginFolder(options: {
  readonly kind: PluginKind;
  readonly name: string;
  readonly folder: string;
}): Promise<readonly string[]> {
  const { kind, name, folder } = options;
  const parsed = pluginNameSchema.safeParse(name);
  if (!parsed.success) {
    const reason = parsed.error.issues.map(({ message }) => message).join(", ");
    throw new AppError("invalid_request", `${JSON.stringify(name)} cannot name a plugin: ${reason}`);
  }
  if (existsSync(folder) && readdirSync(folder).length > 0) {
    throw new AppError("invalid_request", `${folder} is not empty; give a folder that is, or a new one`);
  }
  const files = templateFiles({ kind, name, sdk: await readSdk() });
  for (const [path, text] of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return [...files.keys()].filter((path) => !path.startsWith(editorFolder));
}

function templateFiles(options: {
  readonly kind: PluginKind;
  readonly name: string;
  readonly sdk: Sdk;
}): ReadonlyMap<string, string> {
  const { kind, name, sdk } = options;
  const { manifest, source, cases } = templates[kind];
  return new Map([
    [manifestFile, toJson({ kind, name, version: "0.1.0", ...manifest })],
    [entryFile, source],
    ["cases/first.yaml", cases],
    ["README.md", readme(name, kind)],
    ["tsconfig.json", toJson(editorConfig)],
    [".gitignore", `build/\n${editorFolder}/\n`],
    [`${editorFolder}/assemblyscript.d.ts`, sdk.types],
    ...[...sdk.sources].map(([path, text]) => [`${editorFolder}/sdk/${path}`, text] as const),
  ]);
}

const editorConfig = {
  compilerOptions: {
    target: "ESNext",
    module: "ESNext",
    moduleResolution: "bundler",
    noLib: true,
    types: [],
    strict: true,
    noEmit: true,
    experimentalDecorators: true,
    paths: { [sdkName]: [`./${editorFolder}/sdk/index.ts`], [`${sdkName}/*`]: [`./${editorFolder}/sdk/*`] },
  },
  include: ["assembly", `${editorFolder}/assemblyscript.d.ts`],
};

function readme(name: string, kind: PluginKind): string {
  return `# ${name}

A ${kind} for Hearth, written in AssemblyScript, which looks like TypeScript and becomes WebAssembly.

    hearth plugin build .      # compiles ${entryFile} to build/${name}.wasm
    hearth plugin test .       # runs the cases in cases/
    hearth plugin add build/${name}.wasm

\`${manifestFile}\` says what it is called and what it may use; \`${editorFolder}/\` is for your editor alone.
`;
}

function toJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

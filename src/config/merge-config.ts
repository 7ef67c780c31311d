import { readFileSync } from "node:fs";
import { isAbsolute, resolve } from "node:path";
import { AppError } from "../base/index.ts";
import { createDefaults, type Environment, readMemoryLimitBytes } from "./defaults.ts";
import { isLoopback } from "./loopback.ts";
import { configKeys, configOptions, isConfigKey } from "./options.ts";
import { type Config, type ConfigKey, configSchema } from "./schema.ts";

const maxConfigFileBytes = 2 ** 20;
/** What is given for these is not shown: a key may stand in it, in its place or by mistake. */
const secretKeys: ReadonlySet<ConfigKey> = new Set([
  ...(["apiKeys", "adminKeys", "huggingFaceToken", "upstreams"] as const),
]);

/** What the command line gave: the option's text, a list for options that repeat. */
export type Flags = { readonly [Key in ConfigKey]?: string | readonly string[] };

export type ConfigSources = {
  readonly flags: Flags;
  /** The value of --config. */
  readonly file?: string;
  readonly environment: Environment;
  readonly memoryBytes?: number;
};

type Layer = Map<ConfigKey, { readonly value: unknown; readonly source: string }>;

/** Merges defaults < file < environment < flags. Throws AppError invalid_request naming the option and its source. */
export function mergeConfig(sources: ConfigSources): Config {
  const { environment } = sources;
  const filePath = sources.file ?? environment.HEARTH_CONFIG;
  const given: Layer = new Map([
    ...(filePath ? readFileLayer(filePath) : []),
    ...readEnvironmentLayer(environment),
    ...readFlagLayer(sources.flags),
  ]);
  const defaults = createDefaults(environment, sources.memoryBytes ?? readMemoryLimitBytes());
  const { cacheFolders, ...defaultValues } = defaults;
  const merged: Record<string, unknown> = { ...defaultValues };
  for (const [key, { value }] of given) merged[key] = value;
  const parsed = configSchema.safeParse(merged);
  if (!parsed.success) throw describeIssue(parsed.error.issues[0], given);
  const { home, modelFolders, chatTemplateFile, libraryDir, ...rest } = parsed.data;
  const config = {
    ...rest,
    cacheFolders,
    home: resolve(home),
    modelFolders: modelFolders.map((folder) => resolve(folder)),
    ...(chatTemplateFile !== undefined && { chatTemplateFile: resolve(chatTemplateFile) }),
    ...(libraryDir !== undefined && { libraryDir: resolve(libraryDir) }),
  };
  refuseOpenBind(config);
  return deepFreeze(config);
}

function refuseOpenBind(config: Config): void {
  if (isLoopback(config.host) || config.apiKeys.length > 0) return;
  throw invalid(
    `refused to listen on ${config.host} without an API key: others could use this machine's models; ` +
      "set HEARTH_API_KEY or --api-key, or listen on 127.0.0.1",
  );
}

function readFileLayer(path: string): Layer {
  const layer: Layer = new Map();
  for (const [name, value] of Object.entries(readConfigFile(path))) {
    if (!isConfigKey(name)) {
      throw invalid(`unknown option "${name}" in ${path}; known are ${configKeys.join(", ")}`);
    }
    layer.set(name, { value: resolvePaths(name, value, path), source: `"${name}" in ${path}` });
  }
  return layer;
}

/** Paths in a file are relative to the file. */
function resolvePaths(key: ConfigKey, value: unknown, filePath: string): unknown {
  const resolvePath = (path: unknown) =>
    typeof path === "string" && path !== "" && !isAbsolute(path) ? resolve(filePath, "..", path) : path;
  if (key === "home" || key === "chatTemplateFile" || key === "libraryDir") return resolvePath(value);
  if (key === "modelFolders" && Array.isArray(value)) return value.map(resolvePath);
  if (key === "upstreams" && Array.isArray(value))
    return value.map((upstream: unknown) => resolveKeyFile(upstream, resolvePath));
  if (key !== "models" || !Array.isArray(value)) return value;
  return value.map((model: unknown) =>
    typeof model === "string" && isPath(model) ? resolvePath(model) : model,
  );
}

/** The key of an upstream may lie in a file. */
function resolveKeyFile(upstream: unknown, resolvePath: (path: unknown) => unknown): unknown {
  if (typeof upstream !== "object" || upstream === null || !("key" in upstream)) return upstream;
  const { key } = upstream;
  if (typeof key !== "string" || !key.startsWith("file:")) return upstream;
  return { ...upstream, key: `file:${String(resolvePath(key.slice(5)))}` };
}

/** Names hold slashes too: `hf.co/org/repo`. */
function isPath(model: string): boolean {
  return /^\.{0,2}[\\/]|\.gguf$/i.test(model) && !/^(hf\.co|huggingface\.co|https?:)/.test(model);
}

function readConfigFile(path: string): Readonly<Record<string, unknown>> {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw new AppError("invalid_request", `cannot read the configuration file ${path}: ${messageOf(cause)}`, {
      cause,
    });
  }
  if (text.length > maxConfigFileBytes) {
    throw invalid(`the configuration file ${path} is longer than ${maxConfigFileBytes} bytes`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new AppError("invalid_request", `the configuration file ${path} is not JSON: ${messageOf(cause)}`, {
      cause,
    });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw invalid(`the configuration file ${path} must hold one JSON object, such as {"port": 8080}`);
  }
  return { ...value };
}

function readEnvironmentLayer(environment: Environment): Layer {
  const layer: Layer = new Map();
  for (const key of configKeys) {
    const { environment: name, kind } = configOptions[key];
    const text = environment[name];
    if (text === undefined || text === "") continue;
    const value = kind === "list" ? text.split(",").map((item) => item.trim()) : fromText(kind, text);
    layer.set(key, { value, source: name });
  }
  return layer;
}

function readFlagLayer(flags: Flags): Layer {
  const layer: Layer = new Map();
  for (const key of configKeys) {
    const given = flags[key];
    if (given === undefined) continue;
    const { kind, flag } = configOptions[key];
    const value = typeof given === "string" ? fromText(kind, given) : given;
    layer.set(key, { value, source: flag.split(" ", 1)[0] ?? flag });
  }
  return layer;
}

function fromText(kind: "text" | "number" | "list", text: string): unknown {
  if (kind === "list") return [text];
  return kind === "number" && /^-?\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : text;
}

type Issue = { readonly path: readonly PropertyKey[]; readonly message: string };

function describeIssue(issue: Issue | undefined, given: Layer): AppError {
  const key = String(issue?.path[0] ?? "");
  if (!issue || !isConfigKey(key)) return invalid(issue?.message ?? "the configuration is not valid");
  const entry = given.get(key);
  const source = entry?.source ?? key;
  if (key === "upstreams" && issue.path.length > 1)
    return invalid(`${source}: ${formatPath(issue.path)}: ${issue.message}`);
  const got = entry && !secretKeys.has(key) ? `, got ${JSON.stringify(entry.value)}` : "";
  return invalid(`${source}: ${issue.message}${got}`);
}

/** `upstreams[0].url` */
function formatPath([first, ...rest]: readonly PropertyKey[]): string {
  const steps = rest.map((step) => (typeof step === "number" ? `[${step}]` : `.${String(step)}`));
  return `${String(first)}${steps.join("")}`;
}

function invalid(message: string): AppError {
  return new AppError("invalid_request", message);
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

function deepFreeze<T extends object>(value: T): Readonly<T> {
  for (const item of Object.values(value)) if (Array.isArray(item)) Object.freeze(item);
  return Object.freeze(value);
}

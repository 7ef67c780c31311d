import { join } from "node:path";
import { createId, toAppError } from "../base/index.ts";
import type { Config } from "../config/index.ts";
import type { GenerateRequest } from "../contract/index.ts";
import { builtInModel, countBytes } from "../models/index.ts";
import { checkDatabase, isDamaged } from "../store/index.ts";
import { type ConfigFlags, readConfig } from "./config-flags.ts";
import type { CliDeps } from "./deps.ts";
import { type Machine, thisMachine } from "./machine.ts";
import { formatBytes, visible } from "./table.ts";
import { exitCodes } from "./usage-error.ts";

/** What the built-in model, its engine and the server take. */
const neededMemoryBytes = 256 * 2 ** 20;
/** Below this most models of use do not fit. */
const comfortableMemoryBytes = 2 * 2 ** 30;
/** The unpacked libraries and the built-in model. */
const neededDiskBytes = 128 * 2 ** 20;
/** Below this most models of use cannot be stored. */
const comfortableDiskBytes = 4 * 2 ** 30;
const fastFeatures: ReadonlySet<string> = new Set(["avx2", "asimd"]);

export type Check = {
  readonly name: "libraries" | "engine" | "cpu" | "memory" | "disk" | "models" | "port";
  readonly status: "ok" | "warning" | "failed";
  readonly found: string;
  /** What to do; absent where all is well. */
  readonly mend?: string;
};

/** Checks this machine for what Hearth needs. Ends with code 1 where something fails. */
export async function doctor(
  deps: CliDeps,
  options: ConfigFlags & { readonly json: boolean },
  machine: Machine = thisMachine,
): Promise<number> {
  const config = await readConfig(deps, { ...options, flags: { logLevel: "error", ...options.flags } });
  const disk = checkDisk(machine, config);
  const libraries = await checkLibraries(deps, config);
  const { engine, variants } = await checkEngine(deps, machine, config);
  const checks = [
    libraries,
    engine,
    checkCpu(machine, variants),
    checkMemory(machine),
    disk,
    await checkModels(deps, machine, config),
    checkPort(machine, config),
  ];
  if (options.json)
    deps.io.stdout.write(`${JSON.stringify({ platform: machine.platform, checks }, undefined, 2)}\n`);
  else deps.io.stdout.write(checks.map(formatCheck).join(""));
  return checks.some((check) => check.status === "failed") ? exitCodes.failure : exitCodes.success;
}

async function checkLibraries(deps: CliDeps, { home }: Config): Promise<Check> {
  try {
    return { name: "libraries", status: "ok", found: await deps.locateLibraries(home) };
  } catch (error) {
    const mend =
      "from source: install g++ and run the build; else set HEARTH_HOME to a folder that can be written";
    return { name: "libraries", status: "failed", found: toAppError(error).message, mend };
  }
}

/** Loads the built-in model in an engine and lets it write a token, which is what every request needs. */
async function checkEngine(
  deps: CliDeps,
  machine: Machine,
  config: Config,
): Promise<{ readonly engine: Check; readonly variants: readonly string[] }> {
  try {
    const { chatTemplateFile: _, ...rest } = config;
    const app = await deps.createApp({ ...rest, models: [builtInModel] });
    try {
      const startedMs = performance.now();
      await app.engine.load(builtInModel);
      const loadMs = Math.round(performance.now() - startedMs);
      const variants = machine.loadedCpuVariants();
      for await (const _event of app.generate(createTrial(), AbortSignal.timeout(config.loadTimeoutMs)));
      return {
        engine: { name: "engine", status: "ok", found: `${builtInModel} answered, loaded in ${loadMs} ms` },
        variants,
      };
    } finally {
      await app.stop(AbortSignal.abort());
    }
  } catch (error) {
    const mend = "run hearth serve --log-level debug and read what the engine said last";
    return {
      engine: { name: "engine", status: "failed", found: toAppError(error).message, mend },
      variants: [],
    };
  }
}

function createTrial(): GenerateRequest {
  return {
    id: createId("doctor"),
    model: builtInModel,
    input: { type: "text", text: "Hello" },
    sampling: { temperature: 0 },
    maxTokens: 1,
    stop: [],
    choices: 1,
    entropy: false,
    promptLogprobs: false,
    priority: "interactive",
    tenant: "local",
    cachePrompt: false,
  };
}

function checkCpu(machine: Machine, variants: readonly string[]): Check {
  const features = machine.cpuFeatures();
  const variant = variants.length > 0 ? `${variants.join(", ")} library; ` : "";
  const found = `${machine.platform}, ${variant}${features.join(" ") || "features not known"}`;
  if (features.length === 0 || features.some((feature) => fastFeatures.has(feature))) {
    return { name: "cpu", status: "ok", found };
  }
  const mend = "models run slowly without AVX2; in a virtual machine, pass the host's CPU through";
  return { name: "cpu", status: "warning", found, mend };
}

function checkMemory(machine: Machine): Check {
  const bytes = machine.freeMemoryBytes();
  const found = `${formatBytes(bytes)} free`;
  if (bytes >= comfortableMemoryBytes) return { name: "memory", status: "ok", found };
  const status = bytes < neededMemoryBytes ? "failed" : "warning";
  return { name: "memory", status, found, mend: "end other programs, or take a small model and a low --ctx" };
}

function checkDisk(machine: Machine, { home }: Config): Check {
  try {
    const bytes = machine.freeDiskBytes(home);
    const found = `${formatBytes(bytes)} free for ${home}`;
    if (bytes >= neededDiskBytes) return { name: "disk", status: "ok", found };
    const mend = `free ${formatBytes(neededDiskBytes)} there, or set HEARTH_HOME to a folder on another disk`;
    return { name: "disk", status: "failed", found, mend };
  } catch (error) {
    const mend = "set HEARTH_HOME to a folder that can be written";
    return { name: "disk", status: "failed", found: toAppError(error).message, mend };
  }
}

/** Whether models can be stored, the stored ones listed, and all of the database read. Other programs' files are left out. */
async function checkModels(deps: CliDeps, machine: Machine, config: Config): Promise<Check> {
  const folder = join(config.home, "models");
  try {
    const freeBytes = machine.freeDiskBytes(folder);
    const library = await deps.openLibrary({ ...config, models: [], modelFolders: [], discover: "off" });
    try {
      const listed = await library.list();
      const damage = library.damage();
      if (damage) throw damage;
      checkDatabase(config.home);
      const stored = listed.filter(({ source }) => source !== "built-in");
      const usedBytes = stored.reduce((sum, record) => sum + countBytes(record), 0);
      const found = `${stored.length} stored in ${folder} (${formatBytes(usedBytes)}), ${formatBytes(freeBytes)} free`;
      if (freeBytes >= comfortableDiskBytes) return { name: "models", status: "ok", found };
      const mend =
        "most models do not fit: hearth rm what you do not use, or set HEARTH_HOME to a larger disk";
      return { name: "models", status: "warning", found, mend };
    } finally {
      await library.close();
    }
  } catch (error) {
    const mend = isDamaged(error)
      ? `stop hearth, and move hearth.db, hearth.db-wal and hearth.db-shm out of ${folder}, or put a copy of hearth.db there without the other two; what else lies there can stay`
      : `look at ${folder}: it must be yours and writable, and hearth.db in it whole; or set HEARTH_HOME elsewhere`;
    return { name: "models", status: "failed", found: toAppError(error).message, mend };
  }
}

function checkPort(machine: Machine, { host, port }: Config): Check {
  try {
    machine.tryListen(host, port);
    return {
      name: "port",
      status: "ok",
      found: port === 0 ? `any free port of ${host}` : `${host}:${port} is free`,
    };
  } catch (error) {
    const found = `${host}:${port} cannot be listened on: ${toAppError(error).message}`;
    const mend = "stop the program that uses it, or give another --port (0 picks a free one)";
    return { name: "port", status: "failed", found, mend };
  }
}

function formatCheck({ name, status, found, mend }: Check): string {
  const advice = mend === undefined ? "" : `${" ".repeat(20)}-> ${mend}\n`;
  return `${status.padEnd(9)}${name.padEnd(11)}${visible(found)}\n${advice}`;
}

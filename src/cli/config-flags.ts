import { type Command, Option } from "commander";
import {
  type Config,
  type ConfigKey,
  configKeys,
  configOptions,
  type Flags,
  loadConfig,
  optionGroups,
} from "../config/index.ts";
import type { CliDeps } from "./deps.ts";
import { asUsage } from "./usage-error.ts";

const configFileFlag = "--config <file>";

export type ConfigFlags = { readonly flags: Flags; readonly file?: string };

/**
 * Adds the flags of these options to a command; without `keys`, of all. A command that has a --config of its own goes
 * without the one that names a file, which HEARTH_CONFIG can still do.
 */
export function addConfigFlags(
  command: Command,
  keys: readonly ConfigKey[] = configKeys,
  { hasFileFlag = true }: { readonly hasFileFlag?: boolean } = {},
): Command {
  for (const { title, keys: members } of optionGroups)
    for (const key of members.filter((member) => keys.includes(member)))
      command.addOption(createOption(key).helpGroup(`${title}:`));
  if (!hasFileFlag) return command;
  return command.option(configFileFlag, "JSON file with any of these options (default: HEARTH_CONFIG)");
}

function createOption(key: ConfigKey): Option {
  const { flag, kind, description } = configOptions[key];
  const option = new Option(flag, description);
  return kind === "list" ? option.argParser(collect) : option;
}

/** The values that the command line gave, under their option's key. */
export function readConfigFlags(command: Command): ConfigFlags {
  const given = command.opts<Record<string, unknown>>();
  const entries = configKeys.flatMap((key): (readonly [ConfigKey, string | readonly string[]])[] => {
    const value = given[attributeOf(configOptions[key].flag)];
    return isFlagValue(value) ? [[key, value]] : [];
  });
  const file = given.config;
  return { flags: Object.fromEntries(entries), ...(typeof file === "string" && { file }) };
}

/** The configuration of a command. A refused value is a usage error. */
export async function readConfig(deps: CliDeps, { flags, file }: ConfigFlags): Promise<Config> {
  return await asUsage(
    loadConfig({ flags, environment: deps.environment, ...(file !== undefined && { file }) }),
  );
}

/** What an option that may be repeated was given. */
export function collect(value: string, previous: readonly string[] | undefined): readonly string[] {
  return [...(previous ?? []), value];
}

/** Commander keeps `--kv-type <type>` as `kvType`. */
function attributeOf(flag: string): string {
  const name = flag.split(" ", 1)[0] ?? "";
  return name.replace(/^--/, "").replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function isFlagValue(value: unknown): value is string | readonly string[] {
  return typeof value === "string" || Array.isArray(value);
}

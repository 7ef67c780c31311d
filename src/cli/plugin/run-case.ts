import {
  type ConfigValue,
  grantAsked,
  grantNames,
  type Manifest,
  type PluginFile,
  type PluginResult,
  type Plugins,
} from "../../plugin-host/index.ts";
import type { PluginCase } from "./case-files.ts";
import { findDifferences } from "./differences.ts";
import { toTrialRecord } from "./trial-record.ts";

export type CaseResult = {
  readonly file: string;
  readonly name: string;
  readonly ok: boolean;
  /** What was not as expected, a line each. */
  readonly differences: readonly string[];
  readonly logs: readonly { readonly level: string; readonly text: string }[];
};

type Subject = { readonly file: PluginFile & { readonly manifest: Manifest }; readonly path: string };

/** Runs a case in the sandbox of the server, with recorded answers in place of the network. */
export async function runCase(
  plugins: Plugins,
  { file, path }: Subject,
  {
    index,
    entry,
    signal,
  }: { readonly index: number; readonly entry: PluginCase; readonly signal: AbortSignal },
): Promise<CaseResult> {
  const { manifest } = file;
  const unknown = Object.keys(entry.config).find((key) => !manifest.permissions.config?.keys.includes(key));
  if (unknown !== undefined)
    return toResult(entry, [`config: the manifest asks for no config key "${unknown}"`], []);
  const names = new Set(entry.grants ?? grantNames.filter((name) => name !== "privateNetwork"));
  const config = Object.fromEntries(
    Object.entries(entry.config).map(([key, value]): [string, ConfigValue] => [key, { value }]),
  );
  const trial = toTrialRecord(file, { path, grants: grantAsked(manifest, names), config });
  // What one case stores, the next must not see.
  const record = manifest.permissions.kv ? { ...trial, name: `${trial.name}#${index}` } : trial;
  const result = await plugins.callRecord(record, {
    ...(entry.export !== undefined && { export: entry.export }),
    ...{ input: entry.input, recorded: entry.http, signal },
  });
  return toResult(entry, judge(entry, result), result.report.logs);
}

function judge(entry: PluginCase, result: PluginResult<unknown>): readonly string[] {
  if (!result.ok) {
    const { code, message } = result.failure;
    if (entry.error === code) return [];
    return [`error: expected ${entry.error ?? "none"}, got ${code}: ${message}`];
  }
  const output = toValue(result.output);
  if (entry.error !== undefined)
    return [`error: expected ${entry.error}, got the output ${JSON.stringify(output)}`];
  return findDifferences(entry.expect, output);
}

/** Exports without a contract give bytes, which are text, and mostly JSON. */
function toValue(output: unknown): unknown {
  if (!(output instanceof Uint8Array) && typeof output !== "string") return output;
  const text = typeof output === "string" ? output : new TextDecoder().decode(output);
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function toResult(
  { file, name }: PluginCase,
  differences: readonly string[],
  logs: CaseResult["logs"],
): CaseResult {
  return { file, name, ok: differences.length === 0, differences, logs };
}

import { readFile } from "node:fs/promises";
import { AppError } from "../../base/index.ts";
import {
  type ProbeResult,
  type ProbeSpec,
  parseProbeSpec,
  toProbeBody,
  worstVerdict,
} from "../../judges/index.ts";
import { readConfig } from "../config-flags.ts";
import type { CliDeps } from "../deps.ts";
import { untilStopped } from "../stoppable.ts";
import { formatTable, oneLine, toJsonText } from "../table.ts";
import { asUsage, exitCodes, UsageError } from "../usage-error.ts";
import type { JudgeOptions } from "./judge-options.ts";

const maxSpecBytes = 2 ** 20;
const msPerSecond = 1_000;

/** Probes a model as a whole. Ends with code 1 where a probe fails. */
export async function probe(deps: CliDeps, options: JudgeOptions, file: string | undefined): Promise<number> {
  const { given, model } = options;
  refuseOthers(options);
  const spec = await asUsage(readSpec(file));
  const asked = model ?? spec.model;
  const models = [asked, given.judgeModel ?? spec.judgeModel].filter((name) => name !== undefined);
  const flags = { logLevel: "error", ...options.flags, ...(models.length > 0 && { models }) };
  const app = await deps.createApp(await readConfig(deps, { ...options, flags }));
  try {
    const { probes } = await app.judges();
    return await untilStopped(deps.io, async (signal) => {
      const results = await probes.probe(
        {
          ...spec,
          ...(asked !== undefined && { model: app.models[0] ?? asked }),
          ...(models.length > 1 && { judgeModel: app.models.at(-1) ?? "" }),
        },
        signal,
      );
      deps.io.stdout.write(
        given.json ? `${toJsonText(results.map(toProbeBody), 2)}\n` : formatProbes(results),
      );
      const verdict = worstVerdict(results.map((result) => result.verdict));
      return verdict === "fail" ? exitCodes.failure : exitCodes.success;
    });
  } finally {
    await app.stop(AbortSignal.abort());
  }
}

function refuseOthers({ given }: JudgeOptions): void {
  const { suite, bar, repetitions, junit, out } = given;
  const other = Object.entries({ suite, bar, repetitions, junit, out }).find(
    ([, value]) => value !== undefined,
  );
  if (other) throw new UsageError(`--${other[0]} is for suites and does nothing with --probe`);
}

async function readSpec(file: string | undefined): Promise<ProbeSpec> {
  if (file === undefined) return parseProbeSpec({});
  return parseProbeSpec(parseText(await readText(file), file), file);
}

async function readText(file: string): Promise<string> {
  try {
    const text = await readFile(file, "utf8");
    if (text.length <= maxSpecBytes) return text;
  } catch (cause) {
    throw new UsageError(`${file} cannot be read; give a file that says what to probe`, { cause });
  }
  throw new UsageError(`${file} has more than ${maxSpecBytes} bytes`);
}

function parseText(text: string, file: string): unknown {
  try {
    return file.toLowerCase().endsWith(".json") ? JSON.parse(text) : Bun.YAML.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AppError("invalid_request", `${file}: it cannot be read: ${reason}`, { cause });
  }
}

function formatProbes(results: readonly ProbeResult[]): string {
  const rows = results.map(({ name, verdict, durationMs }) => [
    ...[name, verdict, (durationMs / msPerSecond).toFixed(2)],
  ]);
  const told = results.flatMap(({ name, message, violations, unscored }) => {
    const broken = violations.map((violation) => violation.message);
    const missing = unscored.map((entry) => `${entry.name} not scored: ${entry.reason}`);
    const lines = [...(broken.length > 0 ? broken : [message]), ...missing];
    return [`\n${name}\n`, ...lines.map((line) => `  ${oneLine(line)}\n`)];
  });
  return [formatTable(["PROBE", "VERDICT", "SECONDS"], rows), ...told].join("");
}

import { mkdtempSync, rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { AppError } from "../../base/index.ts";
import type { Config } from "../../config/index.ts";
import { readPluginFile } from "../../plugin-host/index.ts";
import { type ConfigFlags, readConfig } from "../config-flags.ts";
import type { CliDeps } from "../deps.ts";
import { untilStopped } from "../stoppable.ts";
import { oneLine, toJsonText, visible } from "../table.ts";
import { exitCodes } from "../usage-error.ts";
import { compile, requirePluginFolder } from "./build.ts";
import { casesFolder, type PluginCase, readCases } from "./case-files.ts";
import { findFreshBuild } from "./fresh-build.ts";
import { about, openPluginsOf } from "./open-plugins.ts";
import { type CaseResult, runCase } from "./run-case.ts";
import { requireManifest } from "./trial-record.ts";

export type TestOptions = ConfigFlags & {
  readonly folder: string;
  /** Part of the names of the cases to run. */
  readonly only?: string;
  readonly json: boolean;
};

/** Runs the cases of a plugin's folder, compiled first where its sources have changed. Ends with code 1 where one fails or there is none. */
export async function testPlugin(
  deps: CliDeps,
  { folder, only, json, ...flags }: TestOptions,
): Promise<number> {
  const { io } = deps;
  const config = await readConfig(deps, flags);
  requirePluginFolder(folder);
  const cases = selectCases(folder, only);
  return await untilStopped(io, async (signal) => {
    const path = findFreshBuild(folder) ?? (await compile(io, { folder, home: config.home, signal }))?.path;
    if (path === undefined) return exitCodes.failure;
    const file = await about(path, async () => requireManifest(readPluginFile(await readFile(path), [])));
    const results: CaseResult[] = [];
    await withTemporaryHome(config, async (temporary) => {
      await using opened = await openPluginsOf(deps, temporary);
      for (const [index, entry] of cases.entries()) {
        const result = await runCase(opened.plugins, { file, path: resolve(path) }, { index, entry, signal });
        signal.throwIfAborted();
        results.push(result);
        if (!json) io.stdout.write(formatResult(result));
      }
    });
    const failed = results.filter(({ ok }) => !ok).length;
    const summary = { passed: results.length - failed, failed };
    io.stdout.write(
      json
        ? `${toJsonText({ plugin: file.manifest.name, ...summary, cases: results }, 2)}\n`
        : `${results.length === 1 ? "1 case" : `${results.length} cases`}, ${failed} failed\n`,
    );
    return failed > 0 ? exitCodes.failure : exitCodes.success;
  });
}

function selectCases(folder: string, only: string | undefined): readonly PluginCase[] {
  const all = readCases(folder);
  if (all.length === 0) {
    const place = join(folder, casesFolder);
    const message = `there are no cases in ${place}; write them to a .yaml or .json file there, each with name, input and expect`;
    throw new AppError("not_found", message);
  }
  const chosen = all.filter(({ name }) => only === undefined || name.includes(only));
  if (chosen.length > 0) return chosen;
  throw new AppError("not_found", `none of the ${all.length} cases has "${only}" in its name`);
}

/** What a plugin under test stores stays apart from what plugins of the server have stored, and goes afterwards. */
async function withTemporaryHome(config: Config, work: (config: Config) => Promise<void>): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), "hearth-plugin-test-"));
  const remove = () => rmSync(home, { recursive: true, force: true });
  // A reader of our output that leaves, as `head` does, ends the program wherever it is.
  process.once("exit", remove);
  try {
    await work({ ...config, home });
  } finally {
    process.off("exit", remove);
    remove();
  }
}

function formatResult({ ok, file, name, differences, logs }: CaseResult): string {
  if (ok) return `ok    ${oneLine(name)}\n`;
  const lines = [
    ...differences.map((line) => `      ${oneLine(line)}`),
    ...logs.map(({ level, text }) => `      ${level}: ${oneLine(text)}`),
  ];
  return `FAIL  ${oneLine(name)} (${visible(file)})\n${lines.join("\n")}\n`;
}

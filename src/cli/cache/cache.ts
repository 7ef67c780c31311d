import { toCacheEvaluationBody, toCacheStatsBody } from "../../coordinator/index.ts";
import type { ConfigFlags } from "../config-flags.ts";
import type { CliDeps } from "../deps.ts";
import { createCountLine } from "../judging/count-line.ts";
import { toJsonText } from "../table.ts";
import { asUsage, exitCodes, UsageError } from "../usage-error.ts";
import { withApp } from "../with-app.ts";
import type { PurgeFlags } from "./cache-command.ts";
import { formatEvaluation, formatStats } from "./cache-text.ts";

type Options = ConfigFlags & { readonly json: boolean };

export async function showStats(deps: CliDeps, options: Options): Promise<number> {
  return await withApp(deps, options, async ({ coordinator }) => {
    const stats = await (await coordinator.cache()).stats();
    const text = options.json ? `${toJsonText(toCacheStatsBody(stats), 2)}\n` : formatStats(stats);
    deps.io.stdout.write(text);
    return exitCodes.success;
  });
}

export async function purge(
  deps: CliDeps,
  options: Options & { readonly given: PurgeFlags },
): Promise<number> {
  const { all = false, ...named } = options.given;
  if (Object.keys(named).length + Number(all) !== 1)
    throw new UsageError("name what is to be removed: one of --tag, --model, --entry or --all");
  return await withApp(deps, options, async ({ coordinator }) => {
    const removed = await (await coordinator.cache()).purge(named);
    const said = removed === 1 ? "1 stored answer was removed" : `${removed} stored answers were removed`;
    deps.io.stdout.write(options.json ? `${toJsonText({ removed })}\n` : `${said}\n`);
    return exitCodes.success;
  });
}

export async function evaluate(
  deps: CliDeps,
  options: Options & { readonly keep: boolean },
): Promise<number> {
  return await withApp(deps, options, async ({ coordinator }, signal) => {
    using line = createCountLine(deps.io.stderr);
    const measuring = (await coordinator.cache()).evaluate({
      ...{ signal, keepsThreshold: options.keep },
      onProgress: (done, total) => line.show({ done, total, text: `pair ${done} of ${total}` }),
    });
    const evaluation = await asUsage(measuring);
    line[Symbol.dispose]();
    const body = toCacheEvaluationBody(evaluation);
    const text = formatEvaluation(evaluation, { isKept: options.keep });
    deps.io.stdout.write(options.json ? `${toJsonText(body, 2)}\n` : text);
    return exitCodes.success;
  });
}

import {
  loadRouteExamples,
  maxListedRoutes,
  toCalibrationBody,
  toReplayBody,
  toStoredBody,
} from "../../coordinator/index.ts";
import type { ConfigFlags } from "../config-flags.ts";
import type { CliApp, CliDeps } from "../deps.ts";
import { createCountLine } from "../judging/count-line.ts";
import { readInputText } from "../judging/input-text.ts";
import { toJsonText } from "../table.ts";
import { asUsage, exitCodes, UsageError } from "../usage-error.ts";
import { withApp } from "../with-app.ts";
import type { CalibrateFlags, ListFlags, ReplayFlags } from "./route-command.ts";
import { formatCalibration, formatReplay, formatRoute, formatRoutes } from "./route-text.ts";

const usualLimit = 20;
const kinds = ["local", "remote", "cache"] as const;

type Answered = { readonly text: string; readonly body: object };

/** Prints the receipt of one answer. */
export async function explain(
  deps: CliDeps,
  options: ConfigFlags & { readonly id: string; readonly json: boolean },
): Promise<number> {
  return await withRoutes(deps, options, async ({ coordinator }) => {
    const route = await coordinator.routes.explain(options.id);
    return { text: formatRoute(route), body: toStoredBody(route) };
  });
}

/** Prints where the last answers came from. */
export async function list(
  deps: CliDeps,
  { given, ...options }: ConfigFlags & { readonly given: ListFlags },
): Promise<number> {
  const { json = false, rule } = given;
  const kind = readKind(given.kind);
  const filter = {
    limit: readLimit(given.limit),
    ...(kind && { kind }),
    ...(rule !== undefined && { rule }),
  };
  return await withRoutes(deps, { ...options, json }, async ({ coordinator }) => {
    const routes = await coordinator.routes.list(filter);
    const isFiltered = kind !== undefined || rule !== undefined;
    return { text: formatRoutes(routes, { isFiltered }), body: routes.map(toStoredBody) };
  });
}

/** Prints what another policy would have decided. */
export async function replay(
  deps: CliDeps,
  { given, id, ...options }: ConfigFlags & { readonly id: string; readonly given: ReplayFlags },
): Promise<number> {
  const { policy, prompt: file, json = false } = given;
  const prompt = file === undefined ? undefined : await readInputText(deps.io, file);
  return await withRoutes(deps, { ...options, json }, async ({ coordinator }, signal) => {
    const { routes, settings } = coordinator;
    const request = { policy: policy ?? settings.routePolicy, ...(prompt !== undefined && { prompt }) };
    const replayed = await asUsage(routes.replay(id, request, signal));
    return { text: formatReplay(replayed), body: toReplayBody(replayed) };
  });
}

/** Prints the curve of the local model, and sets its bar where a share or a quality is given. */
export async function calibrate(
  deps: CliDeps,
  { given, file, ...options }: ConfigFlags & { readonly file: string; readonly given: CalibrateFlags },
): Promise<number> {
  const { json = false } = given;
  const share = readShare("share", given.share);
  const quality = readShare("quality", given.quality);
  const remoteQuality = readShare("remote-quality", given.remoteQuality);
  if (share !== undefined && quality !== undefined) throw new UsageError("give --share or --quality");
  const text = await readInputText(deps.io, file);
  const examples = await asUsage(
    loadRouteExamples().then(({ readRouteExamples }) => readRouteExamples(text, file)),
  );
  return await withRoutes(deps, { ...options, json }, async ({ coordinator, models }, signal) => {
    using line = createCountLine(deps.io.stderr);
    const total = examples.length;
    const model = coordinator.settings.routeLocal ?? models[0];
    const request = {
      examples,
      ...(model !== undefined && { model }),
      onExample: (done: number) => line.show({ done, total, text: `answer ${done} of ${total}` }),
      ...(share !== undefined && { target: { share } }),
      ...(quality !== undefined && { target: { quality } }),
      ...(remoteQuality !== undefined && { remoteQuality }),
    };
    const calibration = await asUsage(coordinator.routes.calibrate(request, signal));
    return { text: formatCalibration(calibration), body: toCalibrationBody(calibration) };
  });
}

async function withRoutes(
  deps: CliDeps,
  { json, ...flags }: ConfigFlags & { readonly json: boolean },
  work: (app: CliApp, signal: AbortSignal) => Promise<Answered>,
): Promise<number> {
  return await withApp(deps, flags, async (app, signal) => {
    const { text, body } = await work(app, signal);
    deps.io.stdout.write(json ? `${toJsonText(body, 2)}\n` : text);
    return exitCodes.success;
  });
}

function readKind(text: string | undefined) {
  const kind = kinds.find((each) => each === text);
  if (text === undefined || kind) return kind;
  throw new UsageError(`--kind: expected ${kinds.join(", ")}, got ${JSON.stringify(text)}`);
}

function readLimit(text: string | undefined): number {
  if (text === undefined) return usualLimit;
  const limit = Number(text);
  if (/^\d+$/.test(text) && limit >= 1 && limit <= maxListedRoutes) return limit;
  throw new UsageError(
    `--limit: expected a number from 1 to ${maxListedRoutes}, got ${JSON.stringify(text)}`,
  );
}

function readShare(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const share = text.trim() === "" ? Number.NaN : Number(text);
  if (share >= 0 && share <= 1) return share;
  throw new UsageError(`--${flag}: expected a number from 0 to 1, got ${JSON.stringify(text)}`);
}

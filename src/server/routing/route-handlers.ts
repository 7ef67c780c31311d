import { AppError } from "../../base/index.ts";
import {
  loadRouteExamples,
  maxListedRoutes,
  type RouteFilter,
  toBarBody,
  toCalibrationBody,
  toReplayBody,
  toStoredBody,
} from "../../coordinator/index.ts";
import { readBody } from "../body.ts";
import { maxNameCharacters } from "../limits.ts";
import { readPage } from "../page.ts";
import { readPathName } from "../path-name.ts";
import type { AppContext } from "../request-scope.ts";
import type { RouteDeps } from "../route.ts";
import { replaySchema, routeCalibrationSchema } from "./route-bodies.ts";

const kinds = ["local", "remote", "cache"] as const;

export async function handleList(context: AppContext, { coordinator }: RouteDeps): Promise<Response> {
  const { tenant } = context.get("scope");
  const routes = await coordinator.routes.list({ ...readFilter(context), tenant });
  return context.json({ object: "list", data: routes.map(toStoredBody) });
}

export async function handleShow(context: AppContext, { coordinator }: RouteDeps): Promise<Response> {
  const { tenant } = context.get("scope");
  return context.json(toStoredBody(await coordinator.routes.explain(readPathName(context), tenant)));
}

export async function handleReplay(context: AppContext, { coordinator }: RouteDeps): Promise<Response> {
  const hasBody = context.req.raw.body !== null;
  const { policy = coordinator.settings.routePolicy, prompt } = hasBody
    ? await readBody(context, replaySchema())
    : {};
  const { tenant, abort } = context.get("scope");
  const request = { policy, tenant, ...(prompt !== undefined && { prompt }) };
  return context.json(
    toReplayBody(await coordinator.routes.replay(readPathName(context), request, abort.signal)),
  );
}

export async function handleBars(context: AppContext, { coordinator }: RouteDeps): Promise<Response> {
  return context.json({ object: "list", data: (await coordinator.routes.bars()).map(toBarBody) });
}

export async function handleCalibrate(context: AppContext, deps: RouteDeps): Promise<Response> {
  const { model, examples, share, quality, remote_quality } = await readBody(
    context,
    routeCalibrationSchema(),
  );
  if (share !== undefined && quality !== undefined) {
    throw new AppError("invalid_request", "share: a bar is for a share or a quality; give one of them", {
      details: { param: "share" },
    });
  }
  const { abort, requestId } = context.get("scope");
  const { parseRouteExamples } = await loadRouteExamples();
  const request = {
    examples: parseRouteExamples(examples, "examples"),
    ...(model !== undefined && { model }),
    ...(share !== undefined && { target: { share } }),
    ...(quality !== undefined && { target: { quality } }),
    ...(remote_quality !== undefined && { remoteQuality: remote_quality }),
  };
  const calibration = await deps.coordinator.routes.calibrate(request, abort.signal);
  const { stored } = calibration;
  if (stored) deps.logger.info("route_bar_set", { model: stored.model, bar: stored.bar, requestId });
  return context.json(toCalibrationBody(calibration));
}

function readFilter(context: AppContext): Omit<RouteFilter, "tenant"> {
  const kind = context.req.query("kind");
  const rule = context.req.query("rule");
  const known = kinds.find((each) => each === kind);
  if (kind !== undefined && !known) {
    const message = `kind: there is no "${kind.slice(0, maxNameCharacters)}"; there are ${kinds.join(", ")}`;
    throw new AppError("invalid_request", message, { details: { param: "kind" } });
  }
  return {
    ...readPage(context, maxListedRoutes),
    ...(known && { kind: known }),
    ...(rule !== undefined && { rule: rule.slice(0, maxNameCharacters) }),
  };
}

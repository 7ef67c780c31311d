import { readBody } from "../body.ts";
import { readPathName } from "../path-name.ts";
import type { AppContext } from "../request-scope.ts";
import type { RouteDeps } from "../route.ts";
import { datasetSchema } from "./dataset-bodies.ts";

export async function handleExport(context: AppContext, deps: RouteDeps): Promise<Response> {
  const body = await readBody(context, datasetSchema());
  const { format, min_value: minValue, validation: validationShare, max_rows: maxRows, seed } = body;
  context.env?.server?.timeout(context.req.raw, 0);
  const request = {
    format,
    ...(minValue !== undefined && { minValue }),
    ...(validationShare !== undefined && { validationShare }),
    ...(maxRows !== undefined && { maxRows }),
    ...(seed !== undefined && { seed }),
  };
  const datasets = await openOwn(context, deps);
  const { id, manifest } = await datasets.create(request, { signal: context.get("scope").abort.signal });
  return context.json({ id, ...manifest }, id === null ? 200 : 201);
}

export async function handleShow(context: AppContext, deps: RouteDeps): Promise<Response> {
  const id = readPathName(context);
  const datasets = await openOwn(context, deps);
  return context.json({ id, ...(await datasets.get(id)) });
}

export async function handleFile(context: AppContext, deps: RouteDeps): Promise<Response> {
  const datasets = await openOwn(context, deps);
  const path = await datasets.locate(readPathName(context), readPathName(context, "name"));
  const headers = { "content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff" };
  return new Response(Bun.file(path), { headers });
}

export async function handleRemove(context: AppContext, deps: RouteDeps): Promise<Response> {
  const id = readPathName(context);
  await (await openOwn(context, deps)).remove(id);
  return context.json({ removed: id });
}

async function openOwn(context: AppContext, deps: RouteDeps) {
  return (await deps.coordinator.dataset()).stored(context.get("scope").tenant);
}

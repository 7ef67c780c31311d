import type { ModelDescription } from "../../contract/index.ts";
import type { LoadRequest, ModelEntry } from "../../engine/index.ts";
import { findModel } from "../find-model.ts";
import type { AppContext } from "../request-scope.ts";
import type { RouteDeps } from "../route.ts";

export type LoadedModel = {
  readonly entry: ModelEntry;
  readonly description: ModelDescription;
  readonly loadMs: number;
};

/**
 * Loads the model that a request for vectors names, and tells how long that took. Where texts follow, they say how long it
 * stays: said here, 0 would take it away before them.
 */
export async function loadForEmbedding(
  context: AppContext,
  deps: RouteDeps,
  name: string | undefined,
  { keepAliveMs, ...wanted }: LoadRequest,
  hasTexts: boolean,
): Promise<LoadedModel> {
  const scope = context.get("scope");
  const nowMs = deps.nowMs ?? performance.now.bind(performance);
  const entry = await findModel(deps.engine, name);
  scope.model = entry.id;
  const startedMs = nowMs();
  const request = hasTexts || keepAliveMs === undefined ? wanted : { ...wanted, keepAliveMs };
  const description = await deps.engine.load(entry.id, request, scope.abort.signal);
  return { entry, description, loadMs: nowMs() - startedMs };
}

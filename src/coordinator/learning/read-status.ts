import { toAppError, withoutFolder } from "../../base/index.ts";
import type { JsonObject } from "../../contract/index.ts";
import type { CoordinatorDeps } from "../deps.ts";
import { countLearning } from "./learning-counts.ts";
import { findCounterfactual } from "./savings.ts";
import { type StatusReading, toCollectionStatus, toLearningStatus, toUpstreamStatus } from "./status.ts";
import { maxUsageDays, readUsage, toDay } from "./usage.ts";

const dayMs = 86_400_000;

type Reading = Pick<StatusReading, "patterns" | "lost" | "telemetry">;

/** Of one tenant; collections and upstreams are everybody's. Where nothing is kept, no database is opened for it. */
export async function readStatus(
  deps: CoordinatorDeps,
  tenant: string,
  reading: Reading,
): Promise<JsonObject> {
  const { settings, upstreams, now } = deps;
  const mode = settings.interactions;
  const everybodys = {
    "rag-collections": await readCollections(deps),
    upstreams: toUpstreamStatus(upstreams),
  };
  if (mode === "off") return { interactions: mode, ...everybodys };
  const database = await deps.database();
  const usageFromMs = now() - maxUsageDays * dayMs;
  const learnt = toLearningStatus({
    ...{ ...reading, mode, usageFromMs, counterfactual: findCounterfactual(deps) },
    counts: await countLearning(database, tenant, now()),
    usage: await readUsage(database, tenant, toDay(usageFromMs)),
  });
  return { interactions: mode, ...everybodys, ...learnt };
}

async function readCollections({ knowledge }: Pick<CoordinatorDeps, "knowledge">): Promise<JsonObject> {
  try {
    const { collections } = await knowledge();
    return toCollectionStatus(await collections.list());
  } catch (error) {
    return { store_status: "unavailable", reason: withoutFolder(toAppError(error)) };
  }
}

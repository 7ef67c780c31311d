import type { Config } from "../config/index.ts";
import type { Engine } from "../engine/index.ts";
import type { Metrics } from "../observability/index.ts";
import type { RequestRecord, RunningServer, ServerDeps } from "../server/index.ts";
import { chooseRateLimit } from "./rate-limit.ts";
import { versions } from "./versions.ts";

type ServerParts = Pick<
  ServerDeps,
  "library" | "plugins" | "judges" | "knowledge" | "coordinator" | "record" | "logger"
> & { readonly engine: Engine; readonly metrics: Metrics };

/** Binds the HTTP server. Throws AppError where the address cannot be had. */
export async function openServer(config: Config, parts: ServerParts): Promise<RunningServer> {
  const { createModelInspector, startServer } = await import("../server/index.ts");
  const { engine, metrics } = parts;
  const { apiKeys, adminKeys, allowedOrigins, host: hostname, port } = config;
  const deps = {
    ...parts,
    inspectModel: createModelInspector({ estimate: engine.estimate }),
    metrics: {
      requestFinished: (request: RequestRecord) => metrics.requestFinished(request),
      rateLimited: metrics.rateLimited,
      contentType: metrics.contentType,
      text: () => metrics.text(),
    },
    ...{ apiKeys, adminKeys, allowedOrigins, hostname, version: versions.hearth },
    ...chooseRateLimit(config),
  };
  return startServer(deps, { port });
}

import type { z } from "@hono/zod-openapi";
import type { PipelineDeps } from "../coordinator/index.ts";
import type { ServerDeps } from "./deps.ts";
import type { Lifecycle } from "./lifecycle.ts";
import type { AppContext } from "./request-scope.ts";

export type RouteDeps = ServerDeps & {
  readonly pipeline: PipelineDeps;
  readonly lifecycle: Lifecycle;
  /** The server's own description, generated at the first call. */
  readonly openApiDocument: () => object;
};

/** One row of the route table. Schemas are functions, so that nothing is built before it is needed. */
export type Route = {
  readonly method: "get" | "head" | "post" | "delete";
  readonly path: string;
  readonly summary: string;
  readonly group:
    | "OpenAI"
    | "Ollama"
    | "Tokens"
    | "Plugins"
    | "Judging"
    | "Knowledge"
    | "Learning"
    | "Routing"
    | "Health"
    | "Documentation";
  /** `open` routes need no key and are answered while the server stops; `admin` ones change what the server is. */
  readonly access: "key" | "open" | "admin";
  readonly body?: () => z.ZodType;
  /** Whether the body is a file of any content instead, or a form that holds one as `file`. */
  readonly takes?: "file" | "form";
  /** `nothing` is an empty body. */
  readonly answers: "application/json" | "text/plain" | "text/html" | "nothing";
  /** What the answer becomes when it is streamed. */
  readonly streams?: "text/event-stream" | "application/x-ndjson";
  readonly handle: (context: AppContext, deps: RouteDeps) => Response | Promise<Response>;
};

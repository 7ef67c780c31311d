import { AppError } from "../base/index.ts";
import { createServerApp } from "./app.ts";
import type { ServerDeps } from "./deps.ts";
import { createLifecycle } from "./lifecycle.ts";
import { readTimeoutSeconds } from "./limits.ts";

export type RunningServer = {
  readonly hostname: string;
  readonly port: number;
  readonly url: string;
  /** Answers being made now. */
  readonly inFlight: number;
  /** Refuses new requests, lets running ones end until `deadline` aborts, and closes the port. */
  stop(deadline: AbortSignal): Promise<void>;
};

/** Binds the application to `deps.hostname` and a port, 0 being any free one. Throws AppError where it cannot. */
export function startServer(deps: ServerDeps, options: { readonly port: number }): RunningServer {
  const lifecycle = createLifecycle();
  const app = createServerApp(deps, lifecycle);
  const server = listen({
    hostname: deps.hostname,
    port: options.port,
    idleTimeout: readTimeoutSeconds,
    // Bodies are measured in body.ts, which can answer in the protocol's own shape.
    maxRequestBodySize: Number.MAX_SAFE_INTEGER,
    fetch: (request, bound) => app.fetch(request, { server: bound }),
  });
  const hostname = server.hostname ?? deps.hostname;
  const port = server.port ?? options.port;
  return {
    hostname,
    port,
    url: `http://${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}`,
    get inFlight() {
      return lifecycle.inFlight;
    },
    async stop(deadline) {
      await lifecycle.drain(deadline);
      await server.stop(true);
    },
  };
}

function listen(
  options: { readonly hostname: string; readonly port: number } & Bun.Serve.Options<undefined>,
) {
  try {
    return Bun.serve(options);
  } catch (cause) {
    const address = `${options.hostname}:${options.port}`;
    const message = `cannot listen on ${address}: ${errorCode(cause)}; end what uses it, or choose another with --port`;
    throw new AppError("server_error", message, { cause });
  }
}

function errorCode(cause: unknown): string {
  if (cause instanceof Error && "code" in cause && cause.code === "EADDRINUSE") return "the port is in use";
  return cause instanceof Error ? cause.message : String(cause);
}

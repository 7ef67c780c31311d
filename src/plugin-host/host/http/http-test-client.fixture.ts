import { waitUntil } from "../../../testing/index.ts";
import { type FailureCode, PluginFailure } from "../../failure.ts";
import { resolveLimits } from "../../limits.ts";
import { createHttpClient, type HttpClientOptions } from "./http-client.ts";

/** Every name leads to the machine itself, so that names of tests reach fixtures. */
export async function resolveToLoopback(): Promise<readonly string[]> {
  return ["127.0.0.1"];
}

/** A client that may reach `good.test` on the given port, unless the options say otherwise. */
export function createTestClient(
  port: number,
  options: Partial<Omit<HttpClientOptions, "limits">> & {
    readonly limits?: Partial<HttpClientOptions["limits"]>;
  } = {},
) {
  const client = createHttpClient({
    hosts: [`good.test:${port}`],
    allowPrivate: true,
    lookup: resolveToLoopback,
    ...options,
    limits: resolveLimits(options.limits),
  });
  return {
    /** Path on the default host, or a whole URL. */
    request: (
      target: string,
      request: {
        readonly method?: string;
        readonly headers?: Record<string, string>;
        readonly body?: Uint8Array;
        readonly signal?: AbortSignal;
      } = {},
    ) =>
      client.request(
        {
          method: request.method ?? "GET",
          url: target.startsWith("/") ? `http://good.test:${port}${target}` : target,
          headers: request.headers ?? {},
          body: request.body,
        },
        request.signal ?? new AbortController().signal,
      ),
  };
}

/** The failure that the work ends with, as `code: message`. */
export async function failureOf(work: Promise<unknown>): Promise<{ code: FailureCode; message: string }> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof PluginFailure) return error.toRecord();
  throw new Error("expected a PluginFailure", { cause: error });
}

export async function untilNoneOpen(server: { readonly openConnections: number }): Promise<void> {
  await waitUntil("every connection is closed", () => server.openConnections === 0);
}

import { PluginFailure } from "../../failure.ts";
import { toCancellation } from "./cancellation.ts";
import { checkRequest } from "./check-request.ts";
import type { HttpClient, HttpLimits, Resolver, SendOnce } from "./client.ts";
import { followRedirects } from "./follow-redirects.ts";
import { parseHostPattern } from "./host-pattern.ts";

export type { HttpAnswer, HttpClient, HttpRequest } from "./client.ts";

export type HttpClientOptions = {
  /** Granted patterns: `api.example.com`, `*.example.com`, `localhost:8080`, `[::1]:8080`. */
  readonly hosts: readonly string[];
  /** Whether granted hosts may be loopback and private addresses. */
  readonly allowPrivate: boolean;
  readonly limits: HttpLimits;
  readonly lookup?: Resolver;
  /** PEM certificates to trust instead of the system's. */
  readonly ca?: string;
};

/** The network as one plugin may see it. Proxies of the environment are not used: they would resolve names unchecked. */
export function createHttpClient(options: HttpClientOptions): HttpClient {
  const { limits, allowPrivate, ca } = options;
  const patterns = options.hosts.map(parseHostPattern).filter((pattern) => pattern !== undefined);
  const send: SendOnce = async (request, signal) => {
    // Loaded at the first request: node:http costs more than all the rest of a host that never sends one.
    const { createSendOnce } = await import("./send-once.ts");
    const lookup = options.lookup ?? resolveWithSystem;
    return await createSendOnce({ allowPrivate, limits, ca, lookup })(request, signal);
  };
  return {
    async request(request, signal) {
      if (signal.aborted) throw toCancellation(signal.reason);
      const checked = checkRequest(request, { patterns, limits });
      using deadline = createDeadline({ limits, host: checked.url.hostname, signal });
      return await followRedirects(checked, { patterns, limits, send, signal: deadline.signal });
    },
  };
}

function createDeadline(options: {
  readonly limits: HttpLimits;
  readonly host: string;
  readonly signal: AbortSignal;
}): Disposable & { readonly signal: AbortSignal } {
  const { limits, host, signal } = options;
  const controller = new AbortController();
  const expire = () => {
    const message = `${host} took longer than the ${limits.httpTimeoutMs} ms of the limit httpTimeoutMs; ask for less`;
    controller.abort(new PluginFailure("http_timeout", message));
  };
  const timer = setTimeout(expire, limits.httpTimeoutMs);
  const abort = () => controller.abort(toCancellation(signal.reason));
  signal.addEventListener("abort", abort, { once: true });
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      clearTimeout(timer);
      signal.removeEventListener("abort", abort);
    },
  };
}

async function resolveWithSystem(host: string): Promise<readonly string[]> {
  const { lookup } = await import("node:dns/promises");
  const found = await lookup(host, { all: true, order: "verbatim" });
  return found.map((entry) => entry.address);
}

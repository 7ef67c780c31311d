import { PluginFailure } from "../../failure.ts";
import type { Limits } from "../../limits.ts";

export type HttpRequest = {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | undefined;
};

export type HttpAnswer = {
  readonly status: number;
  /** Names in lower case, repeated ones joined with a comma. */
  readonly headers: Readonly<Record<string, string>>;
  /** Decoded. */
  readonly body: Uint8Array;
};

export type HttpLimits = Pick<
  Limits,
  "httpRequestBytes" | "httpResponseBytes" | "httpRedirects" | "httpTimeoutMs"
>;

export type HttpClient = {
  /** Throws PluginFailure with an `http_` code; `signal` ends the request at once and closes its connection. */
  request(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer>;
};

/** A request that has passed every check that needs no network. */
export type CheckedRequest = {
  readonly method: string;
  readonly url: URL;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Uint8Array | undefined;
};

/** Every address of a name, as text. */
export type Resolver = (host: string) => Promise<readonly string[]>;

/** Answers one request, redirects not followed. */
export type SendOnce = (request: CheckedRequest, signal: AbortSignal) => Promise<HttpAnswer>;

const redirectStatuses: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** Where an answer redirects to; undefined for one that does not. */
export function findLocation({ status, headers }: Omit<HttpAnswer, "body">): string | undefined {
  return redirectStatuses.has(status) ? headers.location : undefined;
}

/** The failure of an answer over the limit, raw or decoded. */
export function createTooLarge(host: string, maxBytes: number): PluginFailure {
  return new PluginFailure(
    "http_too_large",
    `the answer of ${host} is larger than the ${maxBytes} bytes of the limit httpResponseBytes; ask for less`,
  );
}

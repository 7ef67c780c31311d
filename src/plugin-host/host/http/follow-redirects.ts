import { PluginFailure } from "../../failure.ts";
import { parseUrl } from "./check-request.ts";
import {
  type CheckedRequest,
  findLocation,
  type HttpAnswer,
  type HttpLimits,
  type SendOnce,
} from "./client.ts";
import { checkHostGranted, type HostPattern } from "./host-pattern.ts";

/**
 * Kept when a redirect leads to another origin. All others are dropped and not only `authorization` and `cookie`:
 * keys of services stand under names such as `x-api-key` and `private-token` just as often.
 */
const portableHeaders: ReadonlySet<string> = new Set([
  "accept",
  "accept-language",
  "cache-control",
  "content-language",
  "content-type",
  "if-match",
  "if-modified-since",
  "if-none-match",
  "range",
  "user-agent",
]);
/** What describes a body and goes with it. */
const bodyHeaders: ReadonlySet<string> = new Set([
  "content-encoding",
  "content-language",
  "content-location",
  "content-type",
]);

/** Sends, and follows redirects as the fetch standard does, each hop checked like a request of its own. */
export async function followRedirects(
  first: CheckedRequest,
  options: {
    readonly patterns: readonly HostPattern[];
    readonly limits: HttpLimits;
    readonly send: SendOnce;
    readonly signal: AbortSignal;
  },
): Promise<HttpAnswer> {
  let request = first;
  const most = options.limits.httpRedirects;
  for (let followed = 0; followed <= most; followed++) {
    const response = await options.send(request, options.signal);
    const location = findLocation(response);
    if (location === undefined) return response;
    request = redirect(request, { status: response.status, location });
    checkHostGranted(request.url, options.patterns);
  }
  throw new PluginFailure(
    "http_redirects",
    `${first.url.hostname} redirected more than the ${most} times of the limit httpRedirects; ` +
      "ask for the URL it leads to",
  );
}

function redirect(
  from: CheckedRequest,
  answer: { readonly status: number; readonly location: string },
): CheckedRequest {
  const url = parseUrl(answer.location, from.url);
  if (from.url.protocol === "https:" && url.protocol === "http:") {
    throw new PluginFailure(
      "http_scheme",
      `${from.url.hostname} redirects from https to http, which anyone between could read; use another URL`,
    );
  }
  const isSameOrigin = from.url.origin === url.origin;
  const isRewritten = becomesGet(from.method, answer.status);
  const headers = [...from.headers].filter(
    ([name]) => (isSameOrigin || portableHeaders.has(name)) && !(isRewritten && bodyHeaders.has(name)),
  );
  return {
    method: isRewritten ? "GET" : from.method,
    url,
    headers: new Map(headers),
    body: isRewritten ? undefined : from.body,
  };
}

/** Fetch standard, HTTP-redirect fetch, step 12. */
function becomesGet(method: string, status: number): boolean {
  if (status === 303) return method !== "GET" && method !== "HEAD";
  return (status === 301 || status === 302) && method === "POST";
}

import { PluginFailure } from "../../failure.ts";
import type { CheckedRequest, HttpLimits, HttpRequest } from "./client.ts";
import { checkHostGranted, type HostPattern, normaliseHost } from "./host-pattern.ts";

const maxUrlLength = 8_192;
const maxHeaders = 64;
const maxHeaderBytes = 16_384;
const methods: ReadonlySet<string> = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);
const bodyless: ReadonlySet<string> = new Set(["GET", "HEAD"]);
const userAgent = "hearth-plugin";

/**
 * Headers that decide where a message ends, whom it is for or what the connection becomes. They are the host's: a
 * guest that sets one could smuggle a second request past the checks of the first.
 */
const hostHeaders: ReadonlySet<string> = new Set([
  "accept-encoding",
  "connection",
  "content-length",
  "expect",
  "host",
  "http2-settings",
  "keep-alive",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "via",
]);
const hostHeaderPrefixes = ["proxy-", "sec-"] as const;

/** Throws http_invalid, http_scheme, http_host_not_granted or http_too_large. */
export function checkRequest(
  request: HttpRequest,
  options: { readonly patterns: readonly HostPattern[]; readonly limits: HttpLimits },
): CheckedRequest {
  const url = parseUrl(request.url);
  checkHostGranted(url, options.patterns);
  const method = checkMethod(request.method);
  const headers = checkHeaders(request.headers);
  const body = request.body !== undefined && request.body.length > 0 ? request.body : undefined;
  if (body !== undefined && bodyless.has(method)) {
    throw new PluginFailure("http_invalid", `a ${method} request has no body; use POST to send one`);
  }
  const most = options.limits.httpRequestBytes;
  if (body !== undefined && body.length > most) {
    throw new PluginFailure(
      "http_too_large",
      `the body has ${body.length} bytes, more than the ${most} of the limit httpRequestBytes; send less`,
    );
  }
  return { method, url, headers, body };
}

/** An http or https URL with a normalised host and without user info; `base` resolves a relative one. */
export function parseUrl(text: string, base?: URL): URL {
  if (text.length > maxUrlLength) {
    throw new PluginFailure(
      "http_invalid",
      `the URL has ${text.length} characters, more than ${maxUrlLength}`,
    );
  }
  const url = URL.canParse(text, base?.href) ? new URL(text, base) : undefined;
  if (url === undefined) {
    throw new PluginFailure("http_invalid", "the URL cannot be read; write it as https://host/path");
  }
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    const scheme = JSON.stringify(url.protocol.slice(0, 32));
    throw new PluginFailure("http_scheme", `the scheme ${scheme} is not possible; use https or http`);
  }
  if (url.username !== "" || url.password !== "") {
    throw new PluginFailure(
      "http_invalid",
      "the URL holds a user name; send an authorization header instead",
    );
  }
  const host = normaliseHost(url.hostname);
  if (host === undefined) {
    throw new PluginFailure("http_invalid", "the URL has no valid host name; write it as https://host/path");
  }
  url.hostname = host;
  url.hash = "";
  return url;
}

function checkMethod(written: string): string {
  const method = String(written).toUpperCase();
  if (methods.has(method)) return method;
  throw new PluginFailure(
    "http_invalid",
    `this method is not possible; use one of ${[...methods].join(", ")}`,
  );
}

function checkHeaders(headers: Readonly<Record<string, string>>): ReadonlyMap<string, string> {
  const entries = Object.entries(headers);
  if (entries.length > maxHeaders) {
    throw new PluginFailure(
      "http_invalid",
      `the request has ${entries.length} headers, more than ${maxHeaders}; send fewer`,
    );
  }
  const checked = new Map<string, string>();
  let bytes = 0;
  for (const [written, value] of entries) {
    const name = checkHeader(written, value);
    if (checked.has(name)) {
      throw new PluginFailure("http_invalid", `the header ${name} is given twice; join its values`);
    }
    checked.set(name, value);
    bytes += name.length + value.length;
  }
  if (bytes > maxHeaderBytes) {
    throw new PluginFailure(
      "http_invalid",
      `the headers have ${bytes} bytes, more than ${maxHeaderBytes}; send less`,
    );
  }
  if (!checked.has("user-agent")) checked.set("user-agent", userAgent);
  return checked;
}

/** The name in lower case. A value stands in no message: it may be a secret. */
function checkHeader(written: string, value: string): string {
  if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,128}$/.test(written)) {
    const shown = JSON.stringify(written.slice(0, 64));
    throw new PluginFailure("http_invalid", `${shown} is no name of a header; use letters, digits and -`);
  }
  const name = written.toLowerCase();
  if (hostHeaders.has(name) || hostHeaderPrefixes.some((prefix) => name.startsWith(prefix))) {
    throw new PluginFailure("http_invalid", `a plugin may not set the header ${name}; leave it out`);
  }
  if (typeof value !== "string" || !/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) {
    throw new PluginFailure(
      "http_invalid",
      `the header ${name} may hold one line of Latin-1 text; escape what is not`,
    );
  }
  return name;
}

/**
 * One HTTP/1.1 exchange on a connection of its own. A pooled connection would skip the check of its address, so there
 * is no agent; the socket connects to the addresses that were checked and to no later answer of the resolver. Only
 * node:http does both and still checks the certificate against the name.
 */
import { type ClientRequest, request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { isIPv6, type LookupFunction } from "node:net";
import { untilAborted } from "../../../base/index.ts";
import { PluginFailure } from "../../failure.ts";
import { checkAddresses } from "./address.ts";
import {
  type CheckedRequest,
  createTooLarge,
  findLocation,
  type HttpAnswer,
  type HttpLimits,
  type Resolver,
  type SendOnce,
} from "./client.ts";
import { decodeBody } from "./decode-body.ts";
import { createGrowingBuffer } from "./growing-buffer.ts";
import { isAddress } from "./host-pattern.ts";

export type NetworkOptions = {
  readonly allowPrivate: boolean;
  readonly limits: HttpLimits;
  readonly lookup: Resolver;
  /** PEM certificates to trust instead of the system's. */
  readonly ca?: string | undefined;
};

const maxResponseHeaders = 256;
const maxResponseHeaderBytes = 32_768;

/** Sends to the network, after checking every address that the host of the request resolves to. */
export function createSendOnce(options: NetworkOptions): SendOnce {
  return async (request, signal) => {
    const host = request.url.hostname;
    const addresses = await findAddresses(host, options.lookup, signal);
    checkAddresses(host, addresses, options);
    const raw = await exchange({ request, addresses, options, signal });
    const encoding = raw.headers["content-encoding"];
    const maxBytes = options.limits.httpResponseBytes;
    const body = await untilAborted(decodeBody(raw.body, { encoding, host, maxBytes }), signal);
    if (body === raw.body) return raw;
    const { "content-encoding": _encoding, "content-length": _length, ...headers } = raw.headers;
    return { ...raw, headers, body };
  };
}

async function findAddresses(
  host: string,
  lookup: Resolver,
  signal: AbortSignal,
): Promise<readonly string[]> {
  if (isAddress(host)) return [host.replace(/^\[|\]$/g, "")];
  const addresses = await untilAborted(lookup(host).catch(toNothing), signal);
  if (addresses.length > 0) return addresses;
  throw new PluginFailure(
    "http_failed",
    `the name ${host} leads to no address; check its spelling and the DNS`,
  );
}

function toNothing(): readonly string[] {
  return [];
}

type Exchange = {
  readonly request: CheckedRequest;
  readonly addresses: readonly string[];
  readonly options: NetworkOptions;
  readonly signal: AbortSignal;
};

async function exchange(parts: Exchange): Promise<HttpAnswer> {
  const { request, options, signal } = parts;
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>();
  const fail = (error: unknown) => reject(toFailure(error, request.url.hostname));
  const sent = open(parts);
  const abort = () => reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  sent.on("error", fail);
  sent.on("upgrade", (_message, socket) => {
    socket.destroy();
    fail(undefined);
  });
  // Once there is an answer, whether the connection closed too early is for its own events to say.
  const closeEarly = () => fail(undefined);
  sent.on("close", closeEarly);
  sent.on("response", (message) => {
    sent.off("close", closeEarly);
    message.on("error", fail);
    receive(message, { request, maxBytes: options.limits.httpResponseBytes }).then(resolve, fail);
  });
  sent.end(request.body);
  try {
    return await promise;
  } finally {
    signal.removeEventListener("abort", abort);
    sent.destroy();
  }
}

function open({ request, addresses, options }: Exchange): ClientRequest {
  const { url, method, body } = request;
  const headers = Object.fromEntries(request.headers);
  headers["accept-encoding"] = "identity";
  if (body !== undefined) headers["content-length"] = String(body.length);
  else if (method !== "GET" && method !== "HEAD") headers["content-length"] = "0";
  const isSecure = url.protocol === "https:";
  const send = isSecure ? httpsRequest : httpRequest;
  return send({
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: url.port === "" ? (isSecure ? 443 : 80) : Number(url.port),
    path: `${url.pathname}${url.search}`,
    method,
    headers: { host: url.host, ...headers },
    agent: false,
    lookup: createPinnedLookup(addresses),
    maxHeaderSize: maxResponseHeaderBytes,
    insecureHTTPParser: false,
    ...(isSecure
      ? { rejectUnauthorized: true, ...(options.ca === undefined ? {} : { ca: options.ca }) }
      : {}),
  });
}

function createPinnedLookup(addresses: readonly string[]): LookupFunction {
  const all = addresses.map((address) => ({ address, family: isIPv6(address) ? 6 : 4 }));
  return (_host, options, callback) => {
    const [first] = all;
    if (options.all) callback(null, all);
    else callback(null, first?.address ?? "", first?.family);
  };
}

async function receive(
  message: IncomingMessage,
  { request, maxBytes }: { readonly request: CheckedRequest; readonly maxBytes: number },
): Promise<HttpAnswer> {
  const host = request.url.hostname;
  const headers = readHeaders(message.rawHeaders, host);
  const status = message.statusCode ?? 0;
  if (status < 200 || status > 599) {
    throw new PluginFailure(
      "http_failed",
      `${host} answered with the status ${status}, which is none of HTTP`,
    );
  }
  // Nobody sees the body of a redirect, so it may be as long as it likes.
  if (findLocation({ status, headers }) !== undefined) return { status, headers, body: new Uint8Array() };
  const declared = Number(headers["content-length"] ?? 0);
  if (request.method !== "HEAD" && declared > maxBytes) throw createTooLarge(host, maxBytes);
  const body = createGrowingBuffer(maxBytes);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  message.on("data", (part: Uint8Array) => {
    if (!body.append(part)) reject(createTooLarge(host, maxBytes));
  });
  message.on("end", () => (message.complete ? resolve() : reject(undefined)));
  message.on("close", () => reject(undefined));
  await promise;
  return { status, headers, body: body.take() };
}

function readHeaders(raw: readonly string[], host: string): Record<string, string> {
  if (raw.length / 2 > maxResponseHeaders) {
    throw new PluginFailure(
      "http_too_large",
      `${host} answered with more than ${maxResponseHeaders} headers`,
    );
  }
  const headers = new Map<string, string>();
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = (raw[index] ?? "").toLowerCase();
    const value = raw[index + 1] ?? "";
    const earlier = headers.get(name);
    headers.set(name, earlier === undefined ? value : `${earlier}, ${value}`);
  }
  return Object.fromEntries(headers);
}

/** The text of an error of the network names addresses, its code does not. */
function toFailure(error: unknown, host: string): unknown {
  if (error instanceof PluginFailure) return error;
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (code === "HPE_HEADER_OVERFLOW") {
    const message = `the headers of the answer of ${host} are larger than ${maxResponseHeaderBytes} bytes`;
    return new PluginFailure("http_too_large", message);
  }
  const why = /^[A-Z][A-Z0-9_]{2,63}$/.test(code) ? ` (${code})` : "";
  const message = `${host} could not be reached, or broke off${why}; check that it is up and speaks this scheme`;
  return new PluginFailure("http_failed", message);
}

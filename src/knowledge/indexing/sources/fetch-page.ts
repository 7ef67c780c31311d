/**
 * One page from the web. An address that a person wrote as a number, or as localhost, may be of this machine or its
 * network; a name may not lead there, and neither may a redirect to another origin, so that nobody else's page or DNS
 * chooses what is read.
 */
import { lookup } from "node:dns/promises";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { isIP, isIPv6, type LookupFunction } from "node:net";
import { AppError, toAppError, untilAborted } from "../../../base/index.ts";
import { parseContentType } from "./content-type.ts";
import { isPrivateAddress } from "./private-address.ts";

const maxRedirects = 5;
const maxPageMs = 30_000;
const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const gone: ReadonlySet<number> = new Set([404, 410]);
const accepted =
  "text/html, application/xhtml+xml, text/markdown, text/plain, application/pdf;q=0.9, text/*;q=0.8";

export type Page =
  | {
      readonly type: "page";
      readonly bytes: Uint8Array;
      readonly mediaType: string;
      readonly charset?: string;
    }
  | { readonly type: "gone"; readonly status: number };

type FetchOptions = { readonly maxBytes: number; readonly signal: AbortSignal; readonly timeoutMs?: number };

/** An address in the form it is stored in. Throws AppError invalid_request for what is none, or holds a password. */
export function parsePageAddress(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || (url.protocol !== "http:" && url.protocol !== "https:") || url.hostname === "") {
    throw new AppError("invalid_request", `${text} is no http or https address of a page`);
  }
  if (url.username !== "" || url.password !== "") {
    throw new AppError(
      "invalid_request",
      `${url.host}: an address with a password in it is not stored; leave it out`,
    );
  }
  url.hash = "";
  return url;
}

/** Throws AppError: invalid_request for an address that may not be read, body_too_large, download_failed. */
export async function fetchPage(first: URL, { maxBytes, signal, timeoutMs }: FetchOptions): Promise<Page> {
  const afterMs = timeoutMs ?? maxPageMs;
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(afterMs)]);
  let url = first;
  try {
    for (let followed = 0; followed <= maxRedirects; followed++) {
      const addresses = await findAddresses(url, { isNamed: url.origin === first.origin, signal: deadline });
      const answer = await exchange(url, { addresses, maxBytes, signal: deadline });
      if (!("location" in answer)) return answer;
      url = followRedirect(url, answer.location);
    }
  } catch (error) {
    signal.throwIfAborted();
    if (!deadline.aborted) throw error;
    throw new AppError(
      "download_failed",
      `${first.href} took longer than ${afterMs / 1000} s; try again later`,
    );
  }
  throw new AppError(
    "download_failed",
    `${first.href} redirects more than ${maxRedirects} times; give the address it leads to`,
  );
}

async function findAddresses(
  url: URL,
  { isNamed, signal }: { readonly isNamed: boolean; readonly signal: AbortSignal },
): Promise<readonly string[]> {
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const isWritten = isNamed && (isIP(host) !== 0 || host === "localhost");
  const addresses = isIP(host) !== 0 ? [host] : await resolve(host, signal);
  if (isWritten || !addresses.some(isPrivateAddress)) return addresses;
  const message = `${host} leads to an address of this machine or its network; if that is meant, give the address as a number`;
  throw new AppError("invalid_request", message);
}

async function resolve(host: string, signal: AbortSignal): Promise<readonly string[]> {
  const failed = (cause: unknown) =>
    new AppError("download_failed", `the name ${host} leads to no address; check its spelling`, { cause });
  const found = lookup(host, { all: true, order: "verbatim" }).catch((cause) => {
    throw failed(cause);
  });
  const addresses = (await untilAborted(found, signal)).map(({ address }) => address);
  if (addresses.length === 0) throw failed(undefined);
  return addresses;
}

function followRedirect(from: URL, location: string): URL {
  if (!URL.canParse(location, from.href)) {
    throw new AppError("download_failed", `${from.host} redirects to what is no address`);
  }
  const url = parsePageAddress(new URL(location, from.href).href);
  if (from.protocol === "https:" && url.protocol === "http:") {
    throw new AppError(
      "download_failed",
      `${from.host} redirects from https to http, which anyone between could change`,
    );
  }
  return url;
}

type Exchange = {
  readonly addresses: readonly string[];
  readonly maxBytes: number;
  readonly signal: AbortSignal;
};

/** One request on a connection of its own, to an address that was checked and no later answer of the resolver. */
async function exchange(
  url: URL,
  { addresses, maxBytes, signal }: Exchange,
): Promise<Page | { readonly location: string }> {
  signal.throwIfAborted();
  const send = url.protocol === "https:" ? httpsRequest : httpRequest;
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const sent = send(url, {
    agent: false,
    lookup: pinTo(addresses),
    headers: { accept: accepted, "accept-encoding": "identity", "user-agent": "hearth" },
  });
  sent.on("response", resolve);
  sent.on("error", (cause) => reject(toFault(url, cause)));
  const abort = () => {
    reject(signal.reason);
    sent.destroy();
  };
  signal.addEventListener("abort", abort, { once: true });
  try {
    sent.end();
    const message = await promise;
    return await readAnswer(url, message, { maxBytes, signal });
  } finally {
    signal.removeEventListener("abort", abort);
    sent.destroy();
  }
}

async function readAnswer(
  url: URL,
  message: IncomingMessage,
  { maxBytes, signal }: Omit<Exchange, "addresses">,
): Promise<Page | { readonly location: string }> {
  const status = message.statusCode ?? 0;
  const { location, "content-type": type = "text/html", "content-encoding": encoding } = message.headers;
  if (redirects.has(status) && location !== undefined) return { location };
  if (gone.has(status)) return { type: "gone", status };
  if (status !== 200) throw new AppError("download_failed", `${url.href} answered with the status ${status}`);
  if (encoding !== undefined && encoding !== "identity") {
    throw new AppError(
      "download_failed",
      `${url.host} answers in the encoding ${encoding}, which was not asked for`,
    );
  }
  const bytes = await untilAborted(readBody(url, message, maxBytes), signal);
  return { type: "page", bytes, ...parseContentType(type) };
}

async function readBody(url: URL, message: IncomingMessage, maxBytes: number): Promise<Uint8Array> {
  const tooLarge = () =>
    new AppError(
      "body_too_large",
      `${url.href} is larger than the ${maxBytes} bytes that are read of a page`,
    );
  if (Number(message.headers["content-length"] ?? 0) > maxBytes) throw tooLarge();
  const parts: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const part of message) {
      const bytes = part instanceof Uint8Array ? part : Buffer.from(String(part));
      size += bytes.length;
      if (size > maxBytes) throw tooLarge();
      parts.push(bytes);
    }
  } catch (error) {
    throw toFault(url, error);
  }
  if (message.complete) return Buffer.concat(parts);
  throw new AppError("download_failed", `${url.href} broke off; try again`);
}

function toFault(url: URL, cause: unknown): AppError {
  if (cause instanceof AppError) return cause;
  const message = `${url.host} could not be read: ${toAppError(cause).message}`;
  return new AppError("download_failed", message, { cause });
}

function pinTo(addresses: readonly string[]): LookupFunction {
  const all = addresses.map((address) => ({ address, family: isIPv6(address) ? 6 : 4 }));
  return (_host, options, callback) => {
    const [first] = all;
    if (options.all) callback(null, all);
    else callback(null, first?.address ?? "", first?.family);
  };
}

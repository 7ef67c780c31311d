import { AppError, toAppError } from "../../base/index.ts";
import { isLoopback } from "../../config/index.ts";
import { limitTable } from "../../plugin-host/index.ts";

const maxRedirects = 5;
const timeoutMs = 60_000;

/** Fetches a module over https, or over http from this machine. Throws AppError invalid_request or download_failed. */
export async function fetchModule(
  address: string,
  signal: AbortSignal,
  maxBytes: number = limitTable.moduleBytes.default,
): Promise<Uint8Array> {
  const first = parseAddress(address);
  const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  try {
    return await follow(first, limit, maxBytes);
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    signal.throwIfAborted();
    const reason = limit.aborted
      ? `nothing came whole within ${timeoutMs / 1000} seconds`
      : toAppError(cause).message;
    throw failed(first, reason, cause);
  }
}

/** What a plugin's source is shown and stored as: never with a password. */
export function toSource(address: string): string {
  const url = new URL(address);
  url.username = "";
  url.password = "";
  url.search = "";
  url.hash = "";
  return url.href;
}

async function follow(first: URL, signal: AbortSignal, maxBytes: number): Promise<Uint8Array> {
  let url = first;
  for (let hops = 0; hops <= maxRedirects; hops += 1) {
    const response = await fetch(url, { redirect: "manual", signal });
    const location = response.headers.get("location");
    if (response.status < 300 || response.status > 399 || location === null)
      return await readBody(first, response, maxBytes);
    await response.body?.cancel();
    url = parseAddress(URL.canParse(location, url.href) ? new URL(location, url).href : location);
    if (isLocal(url) && !isLocal(first))
      throw failed(first, `it leads to ${url.host}, which is this machine`);
  }
  throw failed(first, `it leads on more than ${maxRedirects} times`);
}

async function readBody(first: URL, response: Response, maxBytes: number): Promise<Uint8Array> {
  if (!response.ok) {
    await response.body?.cancel();
    throw failed(first, `the server answered ${response.status}`);
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > maxBytes)
      throw failed(first, `it is larger than ${maxBytes} bytes; --limit moduleBytes=BYTES allows more`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function parseAddress(address: string): URL {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url?.protocol === "https:" || (url?.protocol === "http:" && isLocal(url))) return url;
  const message = `${address} cannot be fetched: plugins come over https, or over http from this machine`;
  throw new AppError("invalid_request", message);
}

function isLocal({ hostname }: URL): boolean {
  return isLoopback(hostname);
}

function failed(url: URL, reason: string, cause?: unknown): AppError {
  return new AppError("download_failed", `${toSource(url.href)} cannot be fetched: ${reason}`, { cause });
}

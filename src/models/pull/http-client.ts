import { AppError } from "../../base/index.ts";
import { isLoopback } from "../../config/index.ts";
import { describeUrl, UnreachableFailure } from "./http-errors.ts";
import { maxRedirects } from "./limits.ts";

/** A secret, and the only origin that gets to see it. */
export type Credential = { readonly origin: string; readonly authorization: string };

export type SendOptions = {
  readonly headers?: Readonly<Record<string, string>>;
  readonly credential?: Credential | undefined;
  readonly signal: AbortSignal;
};

export type Answer = {
  readonly response: Response;
  /** Whose answer it is, after redirects. */
  readonly url: URL;
  readonly isRedirected: boolean;
};

export type HttpClient = { get(url: URL, options: SendOptions): Promise<Answer> };

const redirectStatuses: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * Sends GET requests and follows redirects itself: a credential goes to its own origin alone, an address that was
 * reached over https never leads to plain http, and bodies come as they are, not unpacked.
 */
export function createHttpClient(options: {
  readonly fetch: typeof fetch;
  readonly allowInsecure: boolean;
}): HttpClient {
  return {
    async get(start, { headers, credential, signal }) {
      let url = start;
      checkFirst(url, options.allowInsecure);
      for (let redirects = 0; redirects <= maxRedirects; redirects += 1) {
        const response = await send(options.fetch, url, headers, credential, signal);
        if (!redirectStatuses.has(response.status)) return { response, url, isRedirected: redirects > 0 };
        const next = URL.parse(response.headers.get("location") ?? "", url.href);
        await response.body?.cancel().catch(() => undefined);
        checkNext(url, next, options.allowInsecure);
        url = next;
      }
      throw new AppError(
        "download_failed",
        `${describeUrl(start)} redirects more than ${maxRedirects} times`,
      );
    },
  };
}

async function send(
  fetcher: typeof fetch,
  url: URL,
  headers: SendOptions["headers"],
  credential: Credential | undefined,
  signal: AbortSignal,
): Promise<Response> {
  const authorization = credential && credential.origin === url.origin ? credential.authorization : undefined;
  try {
    return await fetcher(url, {
      redirect: "manual",
      decompress: false,
      signal,
      headers: {
        "accept-encoding": "identity",
        "user-agent": "hearth",
        ...headers,
        ...(authorization === undefined ? {} : { authorization }),
      },
    });
  } catch (error) {
    signal.throwIfAborted();
    const code = error instanceof Error && "code" in error ? String(error.code) : "no answer";
    throw new UnreachableFailure(`${url.host} cannot be reached (${code})`);
  }
}

function checkFirst(url: URL, allowInsecure: boolean): void {
  if (url.protocol === "https:") return;
  if (url.protocol === "http:" && (allowInsecure || isLoopback(url.hostname))) return;
  const message = `${describeUrl(url)} would be fetched without encryption; use https://, or allow insecure downloads`;
  throw new AppError("invalid_request", message);
}

/** Plain http is followed on one host, or among programs of this machine. */
function checkNext(from: URL, to: URL | null, allowInsecure: boolean): asserts to is URL {
  if (!to || (to.protocol !== "https:" && to.protocol !== "http:")) {
    throw new AppError("download_failed", `${describeUrl(from)} redirects to what is no web address`);
  }
  if (to.protocol === "https:" || allowInsecure) return;
  const isLocal = isLoopback(from.hostname) && isLoopback(to.hostname);
  if (from.protocol === "http:" && (isLocal || from.hostname === to.hostname)) return;
  const message = `${describeUrl(from)} redirects to plain http://${to.host}, which was not followed`;
  throw new AppError("download_failed", message);
}

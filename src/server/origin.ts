import { AppError } from "../base/index.ts";

/** `localhost`, `*.localhost`, 127.0.0.0/8 and ::1. */
export function isLoopback(hostname: string): boolean {
  const name = hostname.toLowerCase().replace(/^\[(.*)\]$/, "$1");
  return (
    name === "localhost" ||
    name.endsWith(".localhost") ||
    name === "::1" ||
    /^127(?:\.\d{1,3}){3}$/.test(name)
  );
}

/**
 * Refuses a state-changing request that a web page of another site made.
 * Programs that are not browsers send no Origin and pass.
 */
export function checkOrigin(request: Request, allowedOrigins: readonly string[]): void {
  const origin = request.headers.get("origin");
  if (origin === null || request.method === "GET" || request.method === "HEAD") return;
  if (allowedOrigins.includes("*") || allowedOrigins.includes(origin)) return;
  const url = URL.parse(origin);
  if (url && (url.host === request.headers.get("host") || isLoopback(url.hostname))) return;
  throw new AppError(
    "forbidden",
    `The origin "${origin}" may not call this server; allow it in the configuration.`,
  );
}

/**
 * Refuses names that a foreign DNS server can point at this machine, where nothing but the loopback address protects it.
 * `.internal` cannot be registered publicly and is how containers name their host.
 */
export function checkHost(request: Request, allowedOrigins: readonly string[]): void {
  const host = request.headers.get("host") ?? new URL(request.url).host;
  const hostname = URL.parse(`http://${host}`)?.hostname ?? "";
  if (isLoopback(hostname) || hostname.endsWith(".internal")) return;
  if (allowedOrigins.some((origin) => URL.parse(origin)?.hostname === hostname)) return;
  throw new AppError(
    "forbidden",
    `The host name "${host}" is not this server's; use localhost or configure an API key.`,
  );
}

import { isIP } from "node:net";
import { PluginFailure } from "../../failure.ts";

export type HostPattern = {
  /** As `normaliseHost` gives it; without the `*.` of a wildcard. */
  readonly host: string;
  readonly isWildcard: boolean;
  /** Undefined: 443 for https and 80 for http. */
  readonly port: number | undefined;
};

const maxPort = 65_535;
/** RFC 1035 section 2.3.4, without the root. */
const maxHostLength = 253;

/** `api.example.com`, `*.example.com`, `localhost:8080`, `[::1]:8080`; undefined for what can match nothing. */
export function parseHostPattern(text: string): HostPattern | undefined {
  const match = /^(\*\.)?(\[[^\]]*\]|[^:[\]*/@?#\\\s]+)(?::(\d{1,5}))?$/.exec(text);
  if (match === null) return undefined;
  const [, wildcard, written = "", digits] = match;
  const host = normaliseHost(written);
  const port = digits === undefined ? undefined : Number(digits);
  if (host === undefined || (port !== undefined && (port < 1 || port > maxPort))) return undefined;
  const isWildcard = wildcard !== undefined;
  if (isAddress(host)) {
    // Whoever grants an address must have read it as one: 2130706433 and 0x7f.1 grant nothing.
    const isLiteral = written.startsWith("[") || written === host;
    if (isWildcard || !isLiteral) return undefined;
  }
  return { host, isWildcard, port };
}

/** Lower case, punycode, no trailing dot, IPv6 in brackets; undefined for what is no host name. */
export function normaliseHost(text: string): string | undefined {
  if (!URL.canParse(`http://${text}/`)) return undefined;
  const host = new URL(`http://${text}/`).hostname.replace(/\.$/, "");
  const isName = host.length <= maxHostLength && !host.split(".").includes("");
  return isName ? host : undefined;
}

/** Whether a normalised host is an IPv4 or a bracketed IPv6 address. */
export function isAddress(host: string): boolean {
  return host.startsWith("[") || isIP(host) !== 0;
}

/** Throws http_host_not_granted unless a pattern names the host and port of the URL, whose host is normalised. */
export function checkHostGranted(url: URL, patterns: readonly HostPattern[]): void {
  const usual = url.protocol === "https:" ? 443 : 80;
  const port = url.port === "" ? usual : Number(url.port);
  const isGranted = patterns.some(
    (pattern) => (pattern.port ?? usual) === port && isHostMatch(url.hostname, pattern),
  );
  if (isGranted) return;
  throw new PluginFailure(
    "http_host_not_granted",
    `the plugin may not reach ${url.hostname} on port ${port}; ` +
      `grant it with http.hosts "${port === usual ? url.hostname : `${url.hostname}:${port}`}"`,
  );
}

function isHostMatch(host: string, pattern: HostPattern): boolean {
  if (!pattern.isWildcard) return host === pattern.host;
  return !isAddress(host) && host.endsWith(`.${pattern.host}`);
}

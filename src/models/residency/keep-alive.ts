import { AppError, shortenText } from "../../base/index.ts";

/** Longer texts are refused unread. */
const maxTextLength = 64;
/** The longest time that Go's `time.Duration` holds, some 292 years; more is taken as for ever. */
const maxKeepAliveMs = 2 ** 63 / 1e6;

const unitMs: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  "\u00b5s": 1e-3,
  "\u03bcs": 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};
const number = String.raw`(?:\d+(?:\.\d*)?|\.\d+)`;
const plainPattern = new RegExp(`^[-+]?${number}$`);
const durationPattern = new RegExp(`^[-+]?(?:${number}(?:ns|us|\u00b5s|\u03bcs|ms|s|m|h))+$`);
const partPattern = new RegExp(`(${number})([a-z\u00b5\u03bc]+)`, "g");

/**
 * Ollama's keep_alive in milliseconds: a number is seconds, a text is a Go duration such as "5m" or "1h30m", or a
 * number of seconds. 0 is at once, anything negative for ever (Infinity); undefined and null are left undefined.
 */
export function parseKeepAlive(value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined;
  const parsedMs = typeof value === "number" ? value * 1000 : parseText(value);
  if (parsedMs === undefined || Number.isNaN(parsedMs)) {
    throw new AppError(
      "invalid_request",
      `keep_alive ${quote(value)} is no duration; give seconds such as 300, a text such as "5m" or "1h30m", 0 to unload at once, or -1 to keep the model loaded`,
      { details: { parameter: "keep_alive" } },
    );
  }
  return parsedMs < 0 || parsedMs > maxKeepAliveMs ? Number.POSITIVE_INFINITY : parsedMs;
}

function parseText(value: unknown): number | undefined {
  if (typeof value !== "string" || value.length > maxTextLength) return undefined;
  if (plainPattern.test(value)) return Number(value) * 1000;
  if (!durationPattern.test(value)) return undefined;
  let totalMs = 0;
  for (const [, amount, unit] of value.matchAll(partPattern))
    totalMs += Number(amount) * (unitMs[unit ?? ""] ?? 0);
  return value.startsWith("-") ? -totalMs : totalMs;
}

function quote(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return shortenText(text, maxTextLength);
}

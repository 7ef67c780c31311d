import type { LogEntry, LogLevel } from "./logger.ts";

const colours: Readonly<Record<LogLevel, string>> = {
  debug: "\x1b[90m",
  info: "\x1b[32m",
  warn: "\x1b[33m",
  error: "\x1b[31m",
};
const dim = "\x1b[2m";
const reset = "\x1b[0m";

/** `12:34:56.789 info  request status=200 route=/v1/models`, coloured. */
export function formatPretty({ time, level, event, fields }: LogEntry): string {
  const words = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${dim}${name}=${reset}${formatValue(value)}`);
  return [
    `${dim}${time.slice(11, 23)}${reset}`,
    `${colours[level]}${level.padEnd(5)}${reset}`,
    visible(event),
    ...words,
  ].join(" ");
}

function formatValue(value: unknown): string {
  if (typeof value === "string" && /^[\w./:@-]+$/.test(value)) return value;
  return visible(JSON.stringify(value) ?? "undefined");
}

/** What clients send must not steer the terminal. */
function visible(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is removed.
  return text.replace(/[\x00-\x1f\x7f-\x9f]/g, "�");
}

const units: readonly (readonly [name: string, seconds: number])[] = [
  ["year", 365 * 24 * 3600],
  ["month", 30 * 24 * 3600],
  ["week", 7 * 24 * 3600],
  ["day", 24 * 3600],
  ["hour", 3600],
  ["minute", 60],
  ["second", 1],
];
const msPerSecond = 1000;
const secondsPerMinute = 60;
const secondsPerHour = 3600;
/** A download that takes longer has stalled rather than slowed. */
const longestCountdownSeconds = 100 * secondsPerHour;

/** `5 minutes`: the largest whole unit. */
export function formatSpan(spanMs: number): string {
  const seconds = Math.max(0, Math.floor(spanMs / msPerSecond));
  const [name, unitSeconds] = units.find(([, unit]) => seconds >= unit) ?? ["second", 1];
  const count = Math.floor(seconds / unitSeconds);
  return `${count} ${name}${count === 1 ? "" : "s"}`;
}

/** `5 minutes ago`. */
export function formatAgo(thenMs: number, nowMs: number): string {
  return nowMs - thenMs < msPerSecond ? "just now" : `${formatSpan(nowMs - thenMs)} ago`;
}

/** `9s`, `3m07s`, `2h05m`: what is left of a work. */
export function formatCountdown(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (!(whole < longestCountdownSeconds)) return "stalled";
  const pad = (value: number) => String(value).padStart(2, "0");
  if (whole < secondsPerMinute) return `${whole}s`;
  if (whole < secondsPerHour)
    return `${Math.floor(whole / secondsPerMinute)}m${pad(whole % secondsPerMinute)}s`;
  return `${Math.floor(whole / secondsPerHour)}h${pad(Math.floor((whole % secondsPerHour) / secondsPerMinute))}m`;
}

const msPerSecond = 1000;

/** Retry-After in seconds or as a date, in milliseconds; undefined where it is missing or senseless. */
export function readRetryAfterMs(headers: Headers, dateNowMs: number): number | undefined {
  const text = headers.get("retry-after")?.trim();
  if (!text) return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text) * msPerSecond;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - dateNowMs);
}

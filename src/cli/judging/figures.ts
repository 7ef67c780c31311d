/** To three decimals, and fewer where these would tell more than was measured; a dash for what was not. */
export function formatFigure(value: number | undefined): string {
  if (value === undefined) return "-";
  if (!Number.isFinite(value)) return "endless";
  return value.toFixed(value >= 1000 ? 0 : value >= 100 ? 1 : 3);
}

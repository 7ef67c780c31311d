/**
 * What may be spent within any window of time, an hour where nothing else is said. A call reserves what it may cost at
 * most and settles what it did cost, so that calls side by side cannot pass the limit together.
 */
import { AppError } from "../base/index.ts";

export type CostLimitOptions = {
  /** Absent: no limit, and prices need not be known. */
  readonly maxUsd?: number;
  readonly windowMs?: number;
  /** Milliseconds; where it goes backwards, time stands still. */
  readonly now: () => number;
};

export type Reservation = { readonly usd: number };

export type CostLimit = {
  /**
   * `usd` undefined: the price is not known. Throws AppError cost_limit_exceeded where the limit would be passed, and
   * where there is a limit and no price.
   */
  reserve(usd: number | undefined, what: string): Reservation;
  /** Ends a reservation; `usd` undefined charges what was reserved. Further calls do nothing. */
  settle(reservation: Reservation, usd?: number): void;
  /** USD that were settled within the window. */
  spent(): number;
  /** USD of calls that have not ended. */
  reserved(): number;
  /** Share of the limit that is spent or reserved; 0 without one. */
  utilization(): number;
};

const hourMs = 3_600_000;
/** What is spent is summed up in so many parts of the window; one leaves when all of it is older than the window. */
const partsPerWindow = 120;

type Part = { readonly startedMs: number; usd: number };

export function createCostLimit({ maxUsd, windowMs = hourMs, now }: CostLimitOptions): CostLimit {
  const partMs = windowMs / partsPerWindow;
  const open = new Set<Reservation>();
  let parts: Part[] = [];
  let seenMs = now();
  let elapsedMs = 0;
  let reservedUsd = 0;

  function readClock(): number {
    const current = now();
    elapsedMs += Math.max(0, current - seenMs);
    seenMs = current;
    return elapsedMs;
  }
  function spent(): number {
    const oldestMs = readClock() - windowMs;
    parts = parts.filter(({ startedMs }) => startedMs + partMs > oldestMs);
    return parts.reduce((sum, { usd }) => sum + usd, 0);
  }
  function charge(usd: number): void {
    const current = readClock();
    const last = parts.at(-1);
    if (last && current < last.startedMs + partMs) last.usd += usd;
    else parts.push({ startedMs: current, usd });
    spent();
  }
  function requirePrice(usd: number | undefined, what: string): number {
    if (usd !== undefined && Number.isFinite(usd) && usd >= 0) return usd;
    if (maxUsd === undefined) return 0;
    const message = `the price of ${what} is not known, and what calls may cost is limited; give its price in the configuration`;
    throw new AppError("cost_limit_exceeded", message);
  }
  return {
    reserve(asked, what) {
      const usd = requirePrice(asked, what);
      const spentUsd = spent();
      if (maxUsd !== undefined && spentUsd + reservedUsd + usd > maxUsd) {
        const message = `${what} may cost ${toText(usd)} USD; ${toText(spentUsd + reservedUsd)} of the ${maxUsd} USD of ${toText(windowMs / hourMs)} h are spent or reserved; ask later or raise the limit`;
        throw new AppError("cost_limit_exceeded", message, { details: { spentUsd, reservedUsd, maxUsd } });
      }
      const reservation = { usd };
      open.add(reservation);
      reservedUsd += usd;
      return reservation;
    },
    settle(reservation, usd = reservation.usd) {
      if (!open.delete(reservation)) return;
      reservedUsd = open.size === 0 ? 0 : reservedUsd - reservation.usd;
      if (usd > 0 && Number.isFinite(usd)) charge(usd);
    },
    spent,
    reserved: () => reservedUsd,
    utilization: () => (maxUsd === undefined || maxUsd === 0 ? 0 : (spent() + reservedUsd) / maxUsd),
  };
}

function toText(value: number): string {
  return String(Number(value.toPrecision(4)));
}

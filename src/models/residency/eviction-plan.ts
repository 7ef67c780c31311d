import type { EvictionPolicy, Limits, Room } from "./demand.ts";

/** What the choice of who leaves depends on. `lastUse` and `order` count up with each use and each load. */
export type Candidate = Room & {
  readonly isPinned: boolean;
  readonly isBusy: boolean;
  /** Chosen before, still answering. */
  readonly isLeaving: boolean;
  readonly lastUse: number;
  readonly order: number;
  readonly uses: number;
  readonly priority: number;
};

export type Totals = Room & { readonly models: number };

const nothing: Totals = { bytes: 0, deviceBytes: 0, models: 0 };

/** Sum of what some models take. */
export function sumRoom(rooms: Iterable<Room>): Totals {
  let total = nothing;
  for (const room of rooms) total = add(total, room);
  return total;
}

/** Whether one more model fits beside those that take `used`. */
export function fitsBeside(used: Totals, room: Room, limits: Limits): boolean {
  return isWithin(add(used, room), limits);
}

export function isWithin(used: Totals, limits: Limits): boolean {
  return (
    used.bytes <= limits.budgetBytes &&
    used.deviceBytes <= limits.deviceBudgetBytes &&
    used.models <= limits.maxModels
  );
}

/**
 * Who has to leave so that `room` fits: in the order of the policy, idle models before busy ones, and nobody whose
 * leaving would not be missed by the sum. Undefined where it would not fit with everybody gone but the pinned.
 */
export function planEvictions<One extends Candidate>(
  residents: readonly One[],
  room: Room,
  limits: Limits,
  policy: EvictionPolicy,
): readonly One[] | undefined {
  const order = residents.filter((one) => !one.isPinned).sort(compareBy(policy));
  const leaving = new Set<One>();
  const fits = () => fitsBeside(sumRoom(residents.filter((one) => !leaving.has(one))), room, limits);
  for (const one of order) {
    if (fits()) break;
    leaving.add(one);
  }
  if (!fits()) return undefined;
  for (const one of order.filter((candidate) => leaving.has(candidate)).reverse()) {
    leaving.delete(one);
    if (!fits()) leaving.add(one);
  }
  return [...leaving];
}

/** Which idle models leave where the limits are passed, as after a model took more than was thought. */
export function planRelief<One extends Candidate>(
  residents: readonly One[],
  limits: Limits,
  policy: EvictionPolicy,
): readonly One[] {
  const idle = residents.filter((one) => !one.isPinned && !one.isBusy).sort(compareBy(policy));
  const leaving = new Set<One>();
  for (const one of idle) {
    const used = sumRoom(residents.filter((other) => !leaving.has(other)));
    // A model alone in memory is spared: its leaving would only make the next request load it again.
    if (isWithin(used, limits) || used.models === 1) break;
    if (isMissed(one, used, limits)) leaving.add(one);
  }
  return [...leaving];
}

/** Whether a model takes some of what is short. */
function isMissed(one: Room, used: Totals, limits: Limits): boolean {
  return (
    used.models > limits.maxModels ||
    (used.bytes > limits.budgetBytes && one.bytes > 0) ||
    (used.deviceBytes > limits.deviceBudgetBytes && one.deviceBytes > 0)
  );
}

/** First who leaves first. Those that were chosen before stay chosen, so that their answers are waited for once. */
function compareBy(policy: EvictionPolicy): (a: Candidate, b: Candidate) => number {
  const rank = ranks[policy];
  return (a, b) =>
    Number(a.isBusy) - Number(b.isBusy) ||
    Number(b.isLeaving) - Number(a.isLeaving) ||
    rank(a) - rank(b) ||
    a.lastUse - b.lastUse;
}

const ranks: Readonly<Record<EvictionPolicy, (one: Candidate) => number>> = {
  lru: (one) => one.lastUse,
  lfu: (one) => one.uses,
  fifo: (one) => one.order,
  priority: (one) => one.priority,
};

function add(total: Totals, room: Room): Totals {
  return {
    bytes: total.bytes + room.bytes,
    deviceBytes: total.deviceBytes + room.deviceBytes,
    models: total.models + 1,
  };
}

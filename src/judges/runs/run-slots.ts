import { AppError } from "../../base/index.ts";

/** Runs that are worked on at the same time: each may hold a whole suite and all answers to it. */
export const maxRunsAtOnce = 16;
/** Of these, so that one caller leaves room for others. */
export const maxRunsOfTenant = 8;

export type RunSlots = {
  /** Throws AppError queue_full, before any work, where as many runs are under way as may be. */
  hold<T>(tenant: string | undefined, work: () => Promise<T>): Promise<T>;
};

export function createRunSlots(): RunSlots {
  /** Callers of the runs that are under way, one entry a run. */
  const held: (string | undefined)[] = [];
  return {
    async hold(tenant, work) {
      const own = held.filter((other) => other === tenant).length;
      if (own >= maxRunsOfTenant) throw full(`${own} runs of yours`);
      if (held.length >= maxRunsAtOnce) throw full(`${held.length} runs`);
      held.push(tenant);
      try {
        return await work();
      } finally {
        held.splice(held.indexOf(tenant), 1);
      }
    },
  };
}

function full(runs: string): AppError {
  const message = `${runs} are being worked on, as many as there may be at once; try again when one has ended`;
  return new AppError("queue_full", message);
}

import { setPriority } from "node:os";

/** Hosts give way to the engines, which people wait for. */
const usualNiceness = 10;
/** Whoever has the thread for long gets what the engines leave: their threads wait for each other at every token. */
const lowestNiceness = 19;

/** How the system weighs a host against other processes, as long as it runs. */
export type Priority = {
  lower(): void;
  /** Whether it has its usual priority; ordinary users may only lower one. */
  restore(): boolean;
};

export function createPriority(pid: number): Priority {
  let isLow = false;
  trySet(pid, usualNiceness);
  return {
    lower() {
      isLow ||= trySet(pid, lowestNiceness);
    },
    restore() {
      if (isLow && trySet(pid, usualNiceness)) isLow = false;
      return !isLow;
    },
  };
}

function trySet(pid: number, niceness: number): boolean {
  try {
    setPriority(pid, niceness);
    return true;
  } catch {
    // Without it plugins compete with engines on equal terms, which is slower but not wrong.
    return false;
  }
}

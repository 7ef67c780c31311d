import type { Sequence } from "./sequence.ts";

/** How long one set of adapters computes while others wait; changing over rebuilds the model's graph. */
const turnMs = 200;
/** A turn ends after this many steps however short they are. */
const maxTurnSteps = 32;

type Waiting = { lastStep: number; isInteractive: boolean };

/**
 * All sequences of a step compute with the same adapters, so where several sets run they take turns: the one that has
 * not been served for longest is next. Sets that serve batch requests alone get one step a turn beside others.
 */
export class AdapterTurns {
  #current = "";
  #startedAtMs = 0;
  #steps = 0;

  /** The key of the set whose turn the next step is. */
  next(running: ReadonlySet<Sequence>, nowMs: number): string {
    const only = onlyKey(running);
    if (only !== undefined) return this.#begin(only, nowMs);
    const sets = groupByKey(running);
    const current = sets.get(this.#current);
    this.#steps++;
    if (current && !this.#isOver(current, sets, nowMs)) return this.#current;
    let next: string | undefined;
    let longest = Number.POSITIVE_INFINITY;
    for (const [key, { lastStep }] of sets) {
      if (key === this.#current || lastStep >= longest) continue;
      next = key;
      longest = lastStep;
    }
    return this.#begin(next ?? this.#current, nowMs);
  }

  #begin(key: string, nowMs: number): string {
    this.#current = key;
    this.#startedAtMs = nowMs;
    this.#steps = 0;
    return key;
  }

  #isOver(current: Waiting, sets: ReadonlyMap<string, Waiting>, nowMs: number): boolean {
    if (this.#steps >= maxTurnSteps || nowMs - this.#startedAtMs >= turnMs) return true;
    if (current.isInteractive) return false;
    for (const set of sets.values()) if (set.isInteractive) return true;
    return false;
  }
}

/** Undefined where sequences of several sets run. */
function onlyKey(running: ReadonlySet<Sequence>): string | undefined {
  let only: string | undefined;
  for (const { adapters } of running) {
    only ??= adapters.key;
    if (adapters.key !== only) return undefined;
  }
  return only ?? "";
}

function groupByKey(running: ReadonlySet<Sequence>): Map<string, Waiting> {
  const sets = new Map<string, Waiting>();
  for (const { adapters, lastStep, priority } of running) {
    const set = sets.get(adapters.key);
    const isInteractive = priority === "interactive";
    if (!set) sets.set(adapters.key, { lastStep, isInteractive });
    else {
      set.lastStep = Math.max(set.lastStep, lastStep);
      set.isInteractive ||= isInteractive;
    }
  }
  return sets;
}

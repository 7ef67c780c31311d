/**
 * What steps cost on this machine with this model, measured. The scheduler plans from it: how many sequences to decode
 * together and how long a prompt chunk may be. Costs are milliseconds; sizes between measured ones are interpolated.
 */

import { PrefillCost, type PrefillRecord } from "./prefill-cost.ts";

/** Batch sizes whose decode time is kept apart. */
export const decodeSizes = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64] as const;
/** Two groupings closer than this are equal: then the larger batch wins, as it keeps streams in step. */
const worthwhileGain = 0.08;

export type CostRecord = {
  readonly decodeMs: Readonly<Record<string, number>>;
  readonly prefill: PrefillRecord;
};

export class CostTable {
  readonly #decodeMs = new Map<number, number>();
  #prefill: PrefillCost;
  /** Best group size by number of decoding sequences; recomputed when the table changes. */
  #groups: number[] | undefined;

  constructor(record?: CostRecord) {
    for (const [size, ms] of Object.entries(record?.decodeMs ?? {})) this.#decodeMs.set(Number(size), ms);
    this.#prefill = new PrefillCost(record?.prefill);
  }

  /** Forgets everything and goes on from a record. */
  replace(record: CostRecord | undefined): void {
    this.#decodeMs.clear();
    for (const [size, ms] of Object.entries(record?.decodeMs ?? {})) this.#decodeMs.set(Number(size), ms);
    this.#prefill = new PrefillCost(record?.prefill);
    this.#groups = undefined;
  }

  /**
   * Learns from a step that only decoded. The best time of a size counts: what slows a step down, such as another
   * program, slows all sizes down and must not make one of them look bad. Sizes between the kept ones teach nothing.
   */
  recordDecode(sequences: number, ms: number): void {
    if (!Number.isFinite(ms) || !decodeSizes.some((size) => size === sequences)) return;
    const known = this.#decodeMs.get(sequences);
    if (known !== undefined && known <= ms) return;
    this.#decodeMs.set(sequences, ms);
    this.#groups = undefined;
  }

  /** Learns from a step that evaluated prompt tokens while `decoding` sequences rode along. */
  recordPrefill(tokens: number, decoding: number, ms: number): void {
    this.#prefill.record(tokens, ms - this.rideMs(decoding));
  }

  /** What `sequences` add to a step that evaluates a prompt anyway: their share of the largest measured batch. */
  rideMs(sequences: number): number {
    let largest = 0;
    for (const size of this.#decodeMs.keys()) largest = Math.max(largest, size);
    return largest === 0 ? 0 : (sequences * (this.#decodeMs.get(largest) ?? 0)) / largest;
  }

  isMeasured(sequences: number): boolean {
    return this.#decodeMs.has(sequences);
  }

  /** Milliseconds of one decode step of `sequences`; undefined while nothing is known. */
  decodeMs(sequences: number): number | undefined {
    const exact = this.#decodeMs.get(sequences);
    if (exact !== undefined) return exact;
    let below: number | undefined;
    let above: number | undefined;
    for (const size of this.#decodeMs.keys()) {
      if (size < sequences && (below === undefined || size > below)) below = size;
      if (size > sequences && (above === undefined || size < above)) above = size;
    }
    if (below === undefined || above === undefined) return undefined;
    const low = this.#decodeMs.get(below) ?? 0;
    const high = this.#decodeMs.get(above) ?? 0;
    return low + ((high - low) * (sequences - below)) / (above - below);
  }

  /** Prompt tokens that fit in `ms` beside decoding; undefined while nothing is known. */
  prefillTokensWithin(ms: number): number | undefined {
    return this.#prefill.tokensWithin(ms);
  }

  /** Prompt tokens from which a longer chunk gains little; undefined while too little is known. */
  efficientPrefillTokens(): number | undefined {
    return this.#prefill.efficientTokens();
  }

  /**
   * How many of `sequences` to decode in the next step so that a round over all of them takes least time.
   * On CPUs two steps of one can be faster than one step of two.
   */
  groupSize(sequences: number): number {
    this.#groups ??= [0];
    const groups = this.#groups;
    for (let count = groups.length; count <= sequences; count++) groups.push(this.#bestGroup(count));
    return groups[sequences] ?? sequences;
  }

  toRecord(): CostRecord {
    return { decodeMs: Object.fromEntries(this.#decodeMs), prefill: this.#prefill.toRecord() };
  }

  #bestGroup(sequences: number): number {
    const together = this.decodeMs(sequences);
    if (together === undefined) return sequences;
    const roundMs = [0];
    const choice = [0];
    for (let count = 1; count <= sequences; count++) {
      let best = Number.POSITIVE_INFINITY;
      for (let group = 1; group <= count; group++) {
        const ms = (this.decodeMs(group) ?? Number.POSITIVE_INFINITY) + (roundMs[count - group] ?? 0);
        if (ms <= best) {
          best = ms;
          choice[count] = group;
        }
      }
      roundMs.push(best);
    }
    const best = roundMs[sequences] ?? together;
    return best < together * (1 - worthwhileGain) ? (choice[sequences] ?? sequences) : sequences;
  }
}

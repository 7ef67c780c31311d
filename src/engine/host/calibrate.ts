/** Fills the cost table of a new model by measuring decode steps while the engine has nothing else to do. */
import type { Backend, Batch } from "./backend.ts";
import { type CostTable, decodeSizes } from "./cost-table.ts";
import type { KvCache } from "./kv-cache.ts";

/** Larger batches are not measured once one takes longer: a request that comes meanwhile would wait for it. */
const maxMeasuredStepMs = 250;
/** The first run of a batch size builds its graph, so the faster of these counts. */
const runsPerSize = 2;

/**
 * Measures the next unknown batch size up to `parallel`. Returns whether there may be more to measure.
 * Takes milliseconds to a quarter of a second; call it only when idle.
 */
export function calibrateNext(
  deps: {
    readonly backend: Backend;
    readonly kv: KvCache;
    readonly costs: CostTable;
    readonly nowMs: () => number;
  },
  parallel: number,
): boolean {
  const sizes = decodeSizes.filter((size) => size <= parallel);
  const size = sizes.find((candidate) => !deps.costs.isMeasured(candidate));
  if (size === undefined) return false;
  const smaller = deps.costs.decodeMs(sizes[sizes.indexOf(size) - 1] ?? 0);
  if (smaller !== undefined && smaller > maxMeasuredStepMs) return false;
  const sequences = deps.kv.borrow(size);
  if (!sequences) return false;
  try {
    const ms = measure(deps, sequences);
    deps.costs.recordDecode(size, ms);
    return Number.isFinite(ms);
  } finally {
    deps.kv.giveBack(sequences);
  }
}

function measure(
  deps: { readonly backend: Backend; readonly nowMs: () => number },
  sequences: readonly number[],
): number {
  let best = Number.POSITIVE_INFINITY;
  for (let run = 0; run < runsPerSize; run++) {
    const startedAtMs = deps.nowMs();
    if (deps.backend.decode(createBatch(sequences, run)) === "no-space") return best;
    best = Math.min(best, deps.nowMs() - startedAtMs);
  }
  return best;
}

function createBatch(sequences: readonly number[], position: number): Batch {
  const size = sequences.length;
  return {
    size,
    tokens: new Int32Array(size),
    positions: new Int32Array(size).fill(position),
    sequences: Int32Array.from(sequences),
    outputs: new Int8Array(size).fill(1),
  };
}

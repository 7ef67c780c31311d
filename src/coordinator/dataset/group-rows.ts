/**
 * Near-duplicates go, the best of them stays; what is left is grouped, so that rows which are alike stand on one side of
 * the split. Every pair is compared: an index that finds most of them would let some cross.
 */
import { roundScore } from "../../judges/index.ts";
import { dot } from "../dot.ts";
import { duplicateCosine, groupCosine } from "./likeness.ts";

/** After so many milliseconds others get their turn. */
const turnMs = 8;

export type ComparedRow = {
  /** Of question and answer together, and of the question alone: of length 1, or of zeros. */
  readonly whole: Float32Array;
  readonly question: Float32Array;
  /** The same for the same text. */
  readonly hash: string;
  readonly value: number;
  readonly position: number;
};

export type GroupedRow<Row> = { readonly row: Row; readonly group: number };

export type GroupOptions = {
  readonly signal: AbortSignal;
  readonly nowMs: () => number;
  readonly onProgress: (done: number) => void;
};

/** The rows that stay, in the order they came in, each with the number of its group. */
export async function groupRows<Row extends ComparedRow>(
  rows: readonly Row[],
  { signal, nowMs, onProgress }: GroupOptions,
): Promise<readonly GroupedRow<Row>[]> {
  const best = rows.toSorted((left, right) => right.value - left.value || left.position - right.position);
  const kept: Row[] = [];
  const hashes = new Set<string>();
  const groups = createGroups();
  let turnStartMs = nowMs();
  for (const [done, row] of best.entries()) {
    const alike = hashes.has(row.hash) ? undefined : findAlike(row, kept);
    if (alike) {
      hashes.add(row.hash);
      const index = kept.push(row) - 1;
      groups.add();
      for (const other of alike) groups.join(index, other);
    }
    if (nowMs() - turnStartMs < turnMs) continue;
    onProgress(done + 1);
    await Bun.sleep(0);
    signal.throwIfAborted();
    turnStartMs = nowMs();
  }
  return kept
    .map((row, index) => ({ row, group: groups.find(index) }))
    .sort((left, right) => left.row.position - right.row.position);
}

/** Indices of the rows that this one belongs with; undefined where one of them is the same but for a little. */
function findAlike(row: ComparedRow, kept: readonly ComparedRow[]): readonly number[] | undefined {
  const alike: number[] = [];
  for (const [index, other] of kept.entries()) {
    const cosine = roundScore(dot(row.whole, other.whole));
    if (cosine >= duplicateCosine) return undefined;
    if (cosine >= groupCosine || roundScore(dot(row.question, other.question)) >= groupCosine)
      alike.push(index);
  }
  return alike;
}

/** Disjoint sets (Tarjan): the root of a set is its smallest member. */
function createGroups() {
  const parents: number[] = [];
  function find(index: number): number {
    let root = index;
    while (parents[root] !== root) root = parents[root] as number;
    for (let at = index; parents[at] !== root; ) {
      const next = parents[at] as number;
      parents[at] = root;
      at = next;
    }
    return root;
  }
  return {
    find,
    add: () => void parents.push(parents.length),
    join(first: number, second: number) {
      const [left, right] = [find(first), find(second)];
      parents[Math.max(left, right)] = Math.min(left, right);
    },
  };
}

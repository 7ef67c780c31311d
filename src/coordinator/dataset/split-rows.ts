import { hashText } from "../../base/index.ts";
import type { GroupedRow } from "./group-rows.ts";

export type Split<Row> = { readonly train: readonly Row[]; readonly validation: readonly Row[] };

/**
 * Whole groups go to validation, in an order that the seed and the texts alone decide, as long as they fit into the
 * share; so there may be fewer rows than asked for, and none where every group is larger.
 */
export function splitRows<Row extends { readonly hash: string }>(
  rows: readonly GroupedRow<Row>[],
  { validationShare, seed }: { readonly validationShare: number; readonly seed: number },
): Split<Row> {
  const groups = Map.groupBy(rows, ({ group }) => group);
  const ordered = [...groups]
    .map(([group, members]) => ({ group, size: members.length, key: keyOf(members, seed) }))
    .sort((left, right) => (left.key < right.key ? -1 : 1));
  let room = Math.round(rows.length * validationShare);
  const chosen = new Set<number>();
  for (const { group, size } of ordered) {
    if (size > room) continue;
    chosen.add(group);
    room -= size;
  }
  const take = (isChosen: boolean) =>
    rows.flatMap(({ row, group }) => (chosen.has(group) === isChosen ? [row] : []));
  return { train: take(false), validation: take(true) };
}

function keyOf(members: readonly GroupedRow<{ readonly hash: string }>[], seed: number): string {
  const [smallest = ""] = members.map(({ row }) => row.hash).sort();
  return hashText(`${seed}\0${smallest}`);
}

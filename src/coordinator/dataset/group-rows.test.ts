import { expect, test } from "bun:test";
import fc from "fast-check";
import { roundScore } from "../../judges/index.ts";
import { type ComparedRow, groupRows } from "./group-rows.ts";
import { splitRows } from "./split-rows.ts";

const options = { signal: new AbortController().signal, nowMs: () => 0, onProgress: () => undefined };

/** The vector of length 1 at an angle in degrees. */
function at(degrees: number): Float32Array {
  const angle = (degrees * Math.PI) / 180;
  return Float32Array.of(Math.cos(angle), Math.sin(angle));
}

/** Rows by the angle of the whole and that of the question. */
function toRows(angles: readonly (readonly [number, number])[]): readonly ComparedRow[] {
  return angles.map(([whole, question], position) => ({
    ...{ whole: at(whole), question: at(question), value: 1 - position / 1_000, position },
    hash: `row ${position}`,
  }));
}

function cosineOf(left: Float32Array, right: Float32Array): number {
  return roundScore(left.reduce((sum, value, index) => sum + value * (right[index] ?? 0), 0));
}

const groupsOf = async (angles: readonly (readonly [number, number])[]) =>
  (await groupRows(toRows(angles), options)).map(({ row, group }) => [row.position, group]);

test("of two rows as alike as 0.95 the one of the higher value stays", async () => {
  // cos 18° = 0.9511, cos 18.5° = 0.9483.
  expect(
    await groupsOf([
      [0, 0],
      [18, 90],
    ]),
  ).toEqual([[0, 0]]);
  expect(
    await groupsOf([
      [0, 0],
      [18.5, 90],
    ]),
  ).toHaveLength(2);
});

test("rows, or their questions, that are as alike as 0.85 are of one group", async () => {
  // cos 31.7° = 0.8508, cos 32° = 0.8480.
  expect(
    await groupsOf([
      [0, 0],
      [31.7, 180],
    ]),
  ).toEqual([
    [0, 0],
    [1, 0],
  ]);
  expect(
    await groupsOf([
      [0, 0],
      [180, 31.7],
    ]),
  ).toEqual([
    [0, 0],
    [1, 0],
  ]);
  expect(
    await groupsOf([
      [0, 0],
      [32, 180],
    ]),
  ).toEqual([
    [0, 0],
    [1, 1],
  ]);
});

test("a row that is like two makes one group of them, though they are unlike each other", async () => {
  expect(
    await groupsOf([
      [0, 0],
      [60, 90],
      [30, 180],
    ]),
  ).toEqual([
    [0, 0],
    [1, 0],
    [2, 0],
  ]);
});

test("whatever the rows, those that stay are apart, what went has its like, and no like crosses the split", async () => {
  const angle = fc.integer({ min: 0, max: 359 });
  const angles = fc.array(fc.tuple(angle, angle), { minLength: 1, maxLength: 14 });
  const check = async (given: readonly (readonly [number, number])[], seed: number) => {
    const rows = toRows(given);
    const grouped = await groupRows(rows, options);
    const kept = grouped.map(({ row }) => row);
    const { train, validation } = splitRows(grouped, { validationShare: 0.4, seed });
    expect(train.length + validation.length).toBe(kept.length);
    expect(validation.length).toBeLessThanOrEqual(Math.round(kept.length * 0.4));
    for (const one of train)
      for (const other of validation) {
        expect(cosineOf(one.whole, other.whole)).toBeLessThan(0.85);
        expect(cosineOf(one.question, other.question)).toBeLessThan(0.85);
      }
    for (const [index, one] of kept.entries())
      for (const other of kept.slice(index + 1)) expect(cosineOf(one.whole, other.whole)).toBeLessThan(0.95);
    for (const row of rows) expect(kept.some((other) => cosineOf(row.whole, other.whole) >= 0.95)).toBe(true);
  };
  await fc.assert(fc.asyncProperty(angles, fc.nat(1_000), check), { numRuns: 300 });
});

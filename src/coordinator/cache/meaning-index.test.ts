import { expect, test } from "bun:test";
import { openHomeDatabase } from "../../store/index.ts";
import { createTemporaryFolder } from "../../testing/index.ts";
import { createMeaningIndex } from "./meaning-index.ts";

const words = new Uint32Array(8).fill(7);

async function withIndex(
  maxBytes: number,
  check: (index: ReturnType<typeof createMeaningIndex>, reads: () => number) => Promise<void>,
): Promise<void> {
  using folder = createTemporaryFolder();
  const database = await openHomeDatabase(folder.path);
  let reads = 0;
  const counted = async () => {
    reads += 1;
    return database;
  };
  try {
    await check(createMeaningIndex(counted, { maxBytes }), () => reads);
  } finally {
    await database.close();
  }
}

test("what grows by answers that are stored makes the fingerprint asked for longest ago leave", () =>
  withIndex(10_000, async (index, reads) => {
    for (const name of ["first", "second"]) await index.nearest(name, words, 1);
    for (let id = 1; id <= 1_000; id++) index.add("second", id, words);
    await index.nearest("second", words, 1);
    expect(reads()).toBe(2);
    await index.nearest("first", words, 1);
    expect(reads()).toBe(3);
  }));

test("few entries of many fingerprints stay within the count of them", () =>
  withIndex(2 ** 20, async (index, reads) => {
    for (let each = 0; each < 4_097; each++) await index.nearest(`fingerprint ${each}`, words, 1);
    await index.nearest("fingerprint 4096", words, 1);
    expect(reads()).toBe(4_097);
    await index.nearest("fingerprint 0", words, 1);
    expect(reads()).toBe(4_098);
  }));

test("an entry that was added is found until it is removed", () =>
  withIndex(2 ** 20, async (index) => {
    await index.nearest("one", words, 1);
    index.add("one", 5, words);
    expect(await index.nearest("one", words, 3)).toEqual([5]);
    index.remove("one", 5);
    expect(await index.nearest("one", words, 3)).toEqual([]);
  }));

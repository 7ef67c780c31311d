import { expect, test } from "bun:test";
import { openDatabase } from "../../store/index.ts";
import { createTemporaryFolder } from "../../testing/index.ts";
import { createNoteCache } from "./note-cache.ts";

test("notes are there again when the database is opened again, and newer ones replace them", async () => {
  using folder = createTemporaryFolder();
  for (const layers of [1, 2]) {
    const database = await openDatabase(folder.file("hearth.db"));
    const cache = createNoteCache<{ layers: number }>(database);
    await cache.put(new Map([["a", { layers }]]));
    await database.close();
  }
  const database = await openDatabase(folder.file("hearth.db"));
  expect([...(await createNoteCache(database).all())]).toEqual([["a", { layers: 2 }]]);
  await database.close();
});

test("beyond the limit the oldest notes go, and many are taken at once", async () => {
  using folder = createTemporaryFolder();
  const database = await openDatabase(folder.file("hearth.db"));
  const cache = createNoteCache<number>(database, { maxEntries: 2_500 });
  await cache.put(new Map(Array.from({ length: 2_600 }, (_, i) => [`${i}`, i])));
  const left = await cache.all();
  expect(left.size).toBe(2_500);
  expect([left.has("99"), left.has("100")]).toEqual([false, true]);
  await database.close();
});

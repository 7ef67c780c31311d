import { expect, test } from "bun:test";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { openHomeDatabase } from "../../store/index.ts";
import { createTemporaryFolder } from "../../testing/index.ts";
import { createFileStore } from "./file-store.ts";
import { strayAfterMs } from "./stray-contents.ts";

async function openStore() {
  const folder = createTemporaryFolder();
  const database = await openHomeDatabase(folder.path);
  let timeMs = 1_000;
  const open = (now = () => timeMs++) =>
    createFileStore({
      ...{ database: async () => database, folder: folder.file("files"), now },
      logger: { warn: () => undefined },
    });
  return {
    files: open(),
    open,
    folder,
    async [Symbol.asyncDispose]() {
      await database.close();
      folder[Symbol.dispose]();
    },
  };
}

const note = { filename: "note.md", purpose: "assistants", content: Buffer.from("# Grüße") };

test("a file comes back as it was sent, and is gone with its content once it is removed", async () => {
  await using store = await openStore();
  const { id } = await store.files.add("a", note);
  expect(await store.files.get("a", id)).toMatchObject({
    id,
    filename: "note.md",
    bytes: 9,
    createdAtMs: 1_000,
  });
  expect(Buffer.from(await store.files.read("a", id)).toString()).toBe("# Grüße");
  await store.files.remove("a", id);
  await expect(store.files.get("a", id)).rejects.toThrow(`There is no file "${id}"`);
  expect(readdirSync(store.folder.file("files"))).toEqual([]);
});

test("a file of one key is not there for another", async () => {
  await using store = await openStore();
  const { id } = await store.files.add("a", note);
  await expect(store.files.read("b", id)).rejects.toThrow("There is no file");
  await expect(store.files.remove("b", id)).rejects.toThrow("There is no file");
  expect(await store.files.list("b", { limit: 10 })).toEqual([]);
  expect(existsSync(store.folder.file(`files/${id}`))).toBe(true);
});

test("pages of a list follow each other without gap or repetition", async () => {
  await using store = await openStore();
  const ids: string[] = [];
  for (let index = 0; index < 5; index++) ids.push((await store.files.add("a", note)).id);
  const seen: string[] = [];
  for (let after: string | undefined; ; ) {
    const page = await store.files.list("a", { limit: 2, ...(after !== undefined && { after }) });
    if (page.length === 0) break;
    seen.push(...page.map(({ id }) => id));
    after = page.at(-1)?.id;
  }
  expect(seen).toEqual(ids.toReversed());
});

test("a page after a file that is not there is refused, so that nobody reads the first one again", async () => {
  await using store = await openStore();
  const { id } = await store.files.add("a", note);
  await store.files.remove("a", id);
  await expect(store.files.list("a", { limit: 2, after: id })).rejects.toThrow(`after is "${id}"`);
});

test("contents that a killed process left unnoted go with the first upload of the next one, and nothing else", async () => {
  await using store = await openStore();
  const { id } = await store.files.add("a", note);
  const names = () => readdirSync(store.folder.file("files")).sort();
  const unnoted = `file-${"0".repeat(24)}`;
  const strays = [unnoted, `${unnoted}.7-uuid.part`, `${id}.7-uuid.part`];
  for (const name of [...strays, "mine.txt"]) writeFileSync(store.folder.file(`files/${name}`), "x");

  const young = await store.open(Date.now).add("a", note);
  expect(names()).toEqual([...strays, "mine.txt", id, young.id].sort());
  const later = await store.open(() => Date.now() + strayAfterMs + 60_000).add("a", note);
  expect(names()).toEqual(["mine.txt", id, young.id, later.id].sort());
  expect(Buffer.from(await store.files.read("a", id))).toEqual(note.content);
});

import { expect, test } from "bun:test";
import { sql } from "kysely";
import { createDocument, openKnowledge, signal } from "../knowledge-fixture.ts";
import { findOverlappingRoots } from "./overlapping-roots.ts";

const name = "notes";

async function openRoots(roots: readonly string[]) {
  const fixture = await openKnowledge();
  await fixture.knowledge.collections.create({ name, embeddingModel: null });
  await fixture.knowledge.collections.create({ name: "other", embeddingModel: null });
  const documents = roots.map((root) => ({ ...createDocument(`${Bun.hash(root)}.md`, "x"), root }));
  await fixture.knowledge.documents.add(name, documents, signal);
  await fixture.knowledge.documents.add(
    "other",
    [{ ...createDocument("y", "y"), root: "/a/elsewhere" }],
    signal,
  );
  const { id } = await fixture.database.kysely
    .selectFrom("collection")
    .select("id")
    .where("name", "=", name)
    .executeTakeFirstOrThrow();
  return {
    kysely: fixture.database.kysely,
    find: (folder: string) => findOverlappingRoots(fixture.database.kysely, id, folder),
    [Symbol.asyncDispose]: () => fixture[Symbol.asyncDispose](),
  };
}

test("the folders around one and in it are found, and neither others nor pages nor those of other collections", async () => {
  const roots = ["/a/b/c/d", "/", "/a", "/a/b", "/a/b/e", "/a/bc", "/a/b!", "/x", "https://e.org/a/b/", "b"];
  await using opened = await openRoots(roots);
  expect(await opened.find("/a/b")).toEqual({ outer: ["/", "/a"], inner: ["/a/b/e", "/a/b/c/d"] });
  expect((await opened.find("/")).outer).toEqual([]);
  expect((await opened.find("/")).inner).toHaveLength(7);
  expect(await opened.find("/x/y")).toEqual({ outer: ["/", "/x"], inner: [] });
});

test("of very many folders inside one the first are told", async () => {
  await using opened = await openRoots(["/a/z"]);
  await sql`insert into document
      (public_id, collection_id, root, source, content_hash, attributes, first_number, chunks, added_at_ms, changed_at_ms)
    with recursive counted(value) as (select 1 union all select value + 1 from counted limit 20000)
    select 'made-' || value, (select id from collection where name = ${name}), '/a/' || printf('%05d', value), 'x', '', '{}', 0, 0, 0, 0
    from counted`.execute(opened.kysely);
  const { inner } = await opened.find("/a");
  expect([inner.length, inner[0], inner.at(-1)]).toEqual([1_000, "/a/00001", "/a/01000"]);
});

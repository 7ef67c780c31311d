import { expect, test } from "bun:test";
import type { JsonObject } from "../contract/index.ts";
import { createDocument, openKnowledge, signal } from "./knowledge-fixture.ts";

const attack = `x'); drop table chunk; --"]}`;
const query = { collections: ["codebase-context"], text: "copper", maxResults: 5, tenant: "t" };

test("attributes, sources and roots are values and never statements", async () => {
  await using fixture = await openKnowledge();
  const { documents, search } = fixture.knowledge;
  const document = { ...createDocument(attack, `copper ${attack}`, { [attack]: attack }), root: attack };
  await documents.add("codebase-context", [document], signal);
  const { hits } = await search({ ...query, filter: { [attack]: attack } }, signal);
  expect(hits[0]).toMatchObject({ source: attack, root: attack });
  expect([...(await documents.hashes("codebase-context", attack)).keys()]).toEqual([attack]);
});

test("an attribute named like a property of every object is an attribute", async () => {
  await using fixture = await openKnowledge();
  const { documents, search } = fixture.knowledge;
  const attributes: JsonObject = JSON.parse('{"__proto__": "a", "constructor": "b"}');
  const [added] = await documents.add(
    "codebase-context",
    [createDocument("a", "copper", attributes)],
    signal,
  );
  const { attributes: stored } = await documents.get("codebase-context", added?.id ?? "");
  expect(Object.keys(stored)).toContain("__proto__");
  expect((await search({ ...query, filter: JSON.parse('{"__proto__": "a"}') }, signal)).hits).toHaveLength(1);
  expect(Object.hasOwn(Object.prototype, "a")).toBe(false);
});

test("a collection that is not there is named in the error, cut short", async () => {
  await using fixture = await openKnowledge();
  const found = fixture.knowledge.search({ ...query, collections: ["x".repeat(10_000)] }, signal);
  const error = await found.catch((caught: unknown) => caught);
  expect(String(error).length).toBeLessThan(500);
});

test("a chunk id of another collection or of nothing is passed over", async () => {
  await using fixture = await openKnowledge();
  const ids = ["chunk-1-1", "chunk-0-0", "chunk-1-99999999999", "chunk--1-1", "", attack];
  await fixture.knowledge.documents.noteUse(ids, { success: true });
  expect((await fixture.knowledge.collections.list()).every(({ documents }) => documents === 0)).toBe(true);
});

import { expect, test } from "bun:test";
import { createDocument, openKnowledge, signal } from "../knowledge-fixture.ts";
import { weighSource } from "./weigh-source.ts";

const code = { category: "code" };

test("code comes before its tests, whatever words those share with the question, unless they are asked for", async () => {
  await using fixture = await openKnowledge();
  const { collections, documents, search } = fixture.knowledge;
  await collections.create({ name: "code", embeddingModel: null });
  const given = [
    createDocument("src/fuse.test.ts", "the breaker opens after five failures", code),
    createDocument("src/gate.ts", "how often a breaker may fail before it opens", code),
  ];
  await documents.add("code", given, signal);
  const find = async (text: string) => {
    const query = { collections: ["code"], text, maxResults: 2, tenant: "t" };
    return (await search(query, signal)).hits.map(({ source }) => source);
  };
  expect(await find("breaker opens failures")).toEqual(["src/gate.ts", "src/fuse.test.ts"]);
  expect(await find("tests of breaker opens failures")).toEqual(["src/fuse.test.ts", "src/gate.ts"]);
});

test("tests are known by their names in many languages, and only code has any", () => {
  for (const source of [
    "a/b.test.ts",
    "b_test.go",
    "tests/b.rs",
    "test_b.py",
    "x/__tests__/b.js",
    "b.spec.tsx",
  ])
    expect([source, weighSource(1, { source, attributes: code }, "b")]).toEqual([source, 0.85]);
  for (const source of ["contest.ts", "latest/b.ts", "attest_b.py", "testament.go"])
    expect([source, weighSource(1, { source, attributes: code }, "b")]).toEqual([source, 1]);
  expect(weighSource(1, { source: "tests/blood.md", attributes: {} }, "blood")).toBe(1);
});

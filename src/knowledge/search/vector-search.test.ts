import { expect, test } from "bun:test";
import { createDocument, openKnowledge, signal } from "../knowledge-fixture.ts";
import { maxComparedVectors } from "../vectors/vector-sets.ts";

const dimension = 60;

/** A number in a text as a direction of its own, all of them leaning to one side. */
function vectorOf(text: string): Float32Array {
  let state = (Number(text.match(/\d+/)?.[0] ?? 0) + 1) * 2_654_435_761;
  return Float32Array.from({ length: dimension }, () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647 + 2;
  });
}

test("with many vectors, a dimension that fills no bytes and a lean to one side, the nearest are still found", async () => {
  await using fixture = await openKnowledge({ models: { leaning: { dimension, vectorOf } } });
  const { collections, documents, search } = fixture.knowledge;
  await collections.create({ name: "many", embeddingModel: "leaning" });
  const count = maxComparedVectors + 1_500;
  for (let start = 0; start < count; start += 500) {
    const texts = Array.from({ length: 500 }, (_, index) => `number ${start + index}`);
    await documents.add("many", [createDocument(`${start}`, texts)], signal);
  }
  const find = async (number: number) => {
    // No word of the texts: vectors alone can tell.
    const query = { collections: ["many"], text: `x${number}`, maxResults: 1, tenant: "t" };
    return (await search(query, signal)).hits[0];
  };
  for (const number of [0, 7, 1_999, 2_000, 2_001, count - 1])
    expect(await find(number)).toMatchObject({ text: `number ${number}`, score: 1 });
  expect(await documents.removeSources("many", ["0"])).toBe(1);
  expect((await find(7))?.text).not.toBe("number 7");
  expect(await find(2_000)).toMatchObject({ text: "number 2000", score: 1 });
});

import { expect, test } from "bun:test";
import { createPace } from "../indexing/pace.ts";
import { numberOf } from "../keys.ts";
import { openKnowledge, signal } from "../knowledge-fixture.ts";
import { blockNumbers, findNearest } from "./sign-blocks.ts";
import { fromBlob, toSigns } from "./signs.ts";
import { addVectors, createSet, findSet, maxComparedVectors, removeVectors } from "./vector-sets.ts";

const dimension = 32;
const pace = createPace(signal);

function createVector(seed: number): Float32Array {
  let state = seed + 1;
  const vector = Float32Array.from({ length: dimension }, () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647 - 0.5;
  });
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}

async function openSet() {
  const fixture = await openKnowledge();
  const { kysely } = fixture.database;
  await fixture.knowledge.collections.create({ name: "notes", embeddingModel: null });
  const { id } = await kysely
    .selectFrom("collection")
    .select("id")
    .where("name", "=", "notes")
    .executeTakeFirstOrThrow();
  return { fixture, kysely, set: await createSet(kysely, id, { id: "tiny", mark: "1" }, "current") };
}

test("L2: a vector of another dimension is refused with both numbers, and nothing of its batch is stored", async () => {
  const { fixture, kysely, set } = await openSet();
  await using _ = fixture;
  const grown = await addVectors(kysely, set, [{ number: 0, vector: createVector(0) }], pace);
  const mixed = [
    { number: 1, vector: createVector(1) },
    { number: 2, vector: createVector(2).slice(0, 31) },
  ];
  await expect(addVectors(kysely, grown, mixed, pace)).rejects.toMatchObject({
    ...{ code: "conflict", details: { dimension: 32, given: 31 } },
    message: expect.stringMatching(/vector of 31 dimensions .* vectors of 32/),
  });
  expect(await findSet(kysely, set.id)).toMatchObject({ vectors: 1, dimension: 32 });
});

test("vectors that are removed are counted no more, and their signs are found no more", async () => {
  const { fixture, kysely, set } = await openSet();
  await using _ = fixture;
  const numbered = Array.from({ length: maxComparedVectors + 1 }, (_, number) => ({
    ...{ number, vector: createVector(number) },
  }));
  const grown = await addVectors(kysely, set, numbered, pace);
  if (grown.centre === null) throw new Error("so many vectors have signs");
  const centre = fromBlob(grown.centre);
  const nearest = (number: number) =>
    findNearest(kysely, set, toSigns(createVector(number), centre), { limit: 1, pace });
  expect(await nearest(700)).toEqual([700]);
  await removeVectors(kysely, grown, { from: 600, to: 1_100 });
  expect(await nearest(700)).not.toContain(700);
  expect(await nearest(1_100)).toEqual([1_100]);
  expect(await findSet(kysely, set.id)).toMatchObject({ vectors: maxComparedVectors + 1 - 500 });
});

test("signs go with the last vector of their block, so that a set whose texts come and go does not grow", async () => {
  const { fixture, kysely, set } = await openSet();
  await using _ = fixture;
  const numbered = Array.from({ length: 4 * blockNumbers }, (_, number) => ({
    ...{ number, vector: createVector(number) },
  }));
  const grown = await addVectors(kysely, set, numbered, pace);
  const blocks = async () =>
    (await kysely.selectFrom("chunk_signs").select("id").orderBy("id").execute()).map(({ id }) =>
      numberOf(id),
    );
  expect(await blocks()).toEqual([0, 1, 2, 3]);
  for (let from = 0; from < 2 * blockNumbers; from += 100)
    await removeVectors(kysely, grown, { from, to: Math.min(from + 100, 2 * blockNumbers - 1) });
  expect(await blocks()).toEqual([1, 2, 3]);
  await removeVectors(kysely, grown, { from: 2 * blockNumbers - 1, to: 4 * blockNumbers - 1 });
  expect(await blocks()).toEqual([3]);
});

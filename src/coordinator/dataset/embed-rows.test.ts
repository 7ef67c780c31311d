import { expect, test } from "bun:test";
import { AppError } from "../../base/index.ts";
import { createFakeEngine, quietSettings } from "../../testing/index.ts";
import { embedFake } from "../cache/cache-fixture.ts";
import { likenessOf } from "../cache/embed-texts.ts";
import { embedRows } from "./embed-rows.ts";

const { signal } = new AbortController();

/** A model whose token is a character, as for Chinese, and that takes so many. */
function createEngine(maxCharacters: number) {
  const engine = createFakeEngine({ models: ["embedder"] });
  const sizes: number[] = [];
  const embed: typeof engine.embed = async ({ inputs }) => {
    const texts = inputs.map(String);
    const index = texts.findIndex((text) => text.length > maxCharacters);
    if (index >= 0) {
      const message = `input ${index} is too long`;
      throw new AppError("context_limit_exceeded", message, { details: { index } });
    }
    sizes.push(...texts.map((text) => text.length));
    return { vectors: texts.map(embedFake), promptTokens: 1 };
  };
  return { engine: { ...engine, embed }, sizes };
}

async function embed(engine: ReturnType<typeof createEngine>["engine"], texts: readonly string[]) {
  const settings = { ...quietSettings, embeddingModel: "embedder" };
  return await embedRows({ engine, settings }, texts, { signal, onProgress: () => undefined });
}

test("a text that is long in tokens is cut smaller, and no other row is compared in another way for it", async () => {
  const { engine, sizes } = createEngine(300);
  const short = "how to free disk space";
  const { embedder, fault, vectors } = await embed(engine, [short, "boil the egg ".repeat(70)]);
  expect([embedder, fault]).toEqual(["embedder", undefined]);
  expect(vectors).toHaveLength(2);
  expect(sizes.length).toBeWithin(5, 8);
  expect(Math.max(...sizes)).toBeWithin(200, 301);
  const { vectors: alone } = await embed(engine, [short]);
  expect(vectors[0]).toEqual(alone[0] as Float32Array);
});

test("a text of any length costs no more than so many parts of it, from its start to its end", async () => {
  const { engine, sizes } = createEngine(20_000);
  const long = `${"boil the egg ".repeat(2_000)}${"free the disk ".repeat(2_000)}`;
  const { vectors } = await embed(engine, [long]);
  expect(sizes).toEqual([8_007]);
  const { vectors: halves } = await embed(engine, ["boil the egg", "free the disk"]);
  for (const half of halves) expect(likenessOf(vectors[0] as Float32Array, half)).toBeGreaterThan(0.5);
});

test("words take the place of a model that takes next to nothing, and the reason is told", async () => {
  const { engine } = createEngine(10);
  const { embedder, fault } = await embed(engine, ["boil the egg ".repeat(70)]);
  expect(embedder).toBe("words");
  expect(fault).toContain("too long");
});

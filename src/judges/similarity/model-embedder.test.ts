import { expect, test } from "bun:test";
import { AppError } from "../../base/index.ts";
import { createFakeEngine, createRealEngine, findTestModel } from "../../testing/index.ts";
import { cosine } from "./cosine.ts";
import { createEmbedder, createEmbedders } from "./embedder.ts";
import { relevanceScale } from "./relevance-scale.ts";

const { signal } = new AbortController();
const wordVectors = findTestModel("w2v1000-static-bert-f16.gguf");

type FakeVectors = (inputs: readonly unknown[]) => readonly Float32Array[];

/** The fake engine, whose vectors are these, and the inputs that it was asked for. */
function createEngine(vectors: FakeVectors) {
  const calls: (readonly unknown[])[] = [];
  const tenants = new Set<string>();
  const engine = {
    ...createFakeEngine(),
    embed: async ({ inputs, tenant }: { readonly inputs: readonly unknown[]; readonly tenant: string }) => {
      calls.push(inputs);
      tenants.add(tenant);
      return { vectors: vectors(inputs), promptTokens: inputs.length };
    },
  };
  return { embedder: createEmbedder({ engine, embeddingModel: "fake-model" }), calls, tenants };
}

test("texts go to the model in batches, each text once, as the judge's share", async () => {
  const { embedder, calls, tenants } = createEngine((inputs) => inputs.map(() => Float32Array.of(3, 4)));
  const texts = Array.from({ length: 70 }, (_, index) => `text ${index % 65}`);
  const vectors = await embedder.embed(texts, signal);
  expect(calls.map(({ length }) => length)).toEqual([64, 1]);
  expect(vectors.length).toBe(70);
  expect(vectors[0]?.[0]).toBeCloseTo(0.6, 6);
  expect([...tenants]).toEqual(["judge"]);
});

test("blank texts get vectors of length 0 without asking the model for them", async () => {
  const { embedder, calls } = createEngine((inputs) => inputs.map(() => Float32Array.of(3, 4)));
  expect(await embedder.embed([" ", ""], signal)).toEqual([Float32Array.of(0, 0), Float32Array.of(0, 0)]);
  const [blank, word] = await embedder.embed(["", "word"], signal);
  expect(cosine(blank as Float32Array, word as Float32Array)).toBe(0);
  expect(calls).toEqual([["text"], ["word"]]);
});

test.each([
  ["zeros", [0, 0], /vector of zeros for text 1/],
  ["no numbers", [Number.NaN, 1], /no numbers for text 1/],
  ["another dimension", [1, 2, 3], /3 dimensions and 2 before for text 1/],
])("a vector of %s is an error of the model", async (_, values, message) => {
  const { embedder } = createEngine((inputs) =>
    inputs.map((_, index) => Float32Array.from(index === 1 ? values : [1, 1])),
  );
  const error = await embedder.embed(["first", "second"], signal).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(AppError);
  expect(error).toMatchObject({ code: "inference_error", message: expect.stringMatching(message) });
});

test("too few vectors are an error of the model", async () => {
  const { embedder } = createEngine(() => []);
  await expect(embedder.embed(["text"], signal)).rejects.toMatchObject({ code: "inference_error" });
});

test("a model that was replaced by one of another dimension is taken as it is now", async () => {
  let dimension = 2;
  const { embedder } = createEngine((inputs) => inputs.map(() => new Float32Array(dimension).fill(1)));
  await embedder.embed(["text"], signal);
  dimension = 5;
  expect((await embedder.embed(["text", ""], signal)).map(({ length }) => length)).toEqual([5, 5]);
});

test("a text that is too long for the model even in pieces is named by its place in the whole list", async () => {
  const { embedder } = createEngine((inputs) => {
    const index = inputs.indexOf("long");
    if (index < 0) return inputs.map(() => Float32Array.of(1));
    const details = { index, required: 600, max: 512 };
    const message = `input ${index} has 600 tokens and this model takes 512; split or shorten it`;
    throw new AppError("context_limit_exceeded", message, { details });
  });
  const texts = ["first", "first", ...Array.from({ length: 62 }, (_, index) => `text ${index}`)];
  await expect(embedder.embed([...texts, "last but one", "long"], signal)).rejects.toMatchObject({
    code: "context_limit_exceeded",
    message: expect.stringContaining("text 65 has 600 tokens"),
    details: { index: 65 },
  });
});

test("an unknown embedding model is named", async () => {
  const embedder = createEmbedder({ engine: createFakeEngine(), embeddingModel: "missing" });
  await expect(embedder.embed(["text"], signal)).rejects.toMatchObject({ code: "model_not_found" });
});

test.skipIf(wordVectors === undefined)(
  "a real embedding model tells related words and gives a scale",
  async () => {
    const engine = await createRealEngine({ models: [{ id: "words", path: wordVectors ?? "" }] });
    try {
      const embedder = createEmbedder({ engine, embeddingModel: "words" });
      const [man, woman, again] = await embedder.embed(["the man", "the woman", "the man"], signal);
      expect(cosine(man as Float32Array, again as Float32Array)).toBe(1);
      expect(cosine(man as Float32Array, woman as Float32Array)).toBeGreaterThan(0.3);
      expect((await relevanceScale(embedder, signal)).usable).toBe(true);
    } finally {
      await engine.stop(AbortSignal.abort());
    }
  },
);

test("a model that wants texts marked which are compared gets them marked", async () => {
  const fake = createFakeEngine();
  const asked: unknown[] = [];
  const engine = {
    ...fake,
    find: async () => ({ ...(await fake.find("fake-model")), id: "nomic-embed-text:latest" }),
    embed: async ({ inputs }: { readonly inputs: readonly unknown[] }) => {
      asked.push(...inputs);
      return { vectors: inputs.map(() => Float32Array.of(3, 4)), promptTokens: 0 };
    },
  };
  await createEmbedder({ engine, embeddingModel: "nomic-embed-text" }).embed(["one", "two"], signal);
  expect(asked).toEqual(["clustering: one", "clustering: two"]);
});

test("texts of a caller that keeps them on this machine are asked for as such, and no others", async () => {
  const asked: unknown[] = [];
  const engine = {
    ...createFakeEngine(),
    embed: async ({ tenant, privacy }: { readonly tenant: string; readonly privacy?: "local" }) => {
      asked.push([tenant, privacy]);
      return { vectors: [Float32Array.of(1)], promptTokens: 0 };
    },
  };
  const embedderFor = createEmbedders({ engine, embeddingModel: "fake-model" });
  for (const caller of [
    { tenant: "ann", privacy: "local" },
    { tenant: "ann" },
    { privacy: "local" },
    {},
  ] as const)
    await embedderFor(caller).embed(["text"], signal);
  expect(asked).toEqual([
    ["ann", "local"],
    ["ann", undefined],
    ["judge", "local"],
    ["judge", undefined],
  ]);
});

test("an answer that is longer than the model takes is scored, though not in one piece", async () => {
  const maxWords = 32;
  const { embedder, calls } = createEngine((inputs) => {
    const words = inputs.map((input) => String(input).toLowerCase().match(/\w+/g) ?? []);
    const index = words.findIndex(({ length }) => length > maxWords);
    if (index < 0) return words.map(countTopics);
    const details = { index, required: words[index]?.length ?? 0, max: maxWords };
    throw new AppError("context_limit_exceeded", `input ${index} is too long`, { details });
  });
  const onTides = "The moon pulls the sea and so the tides follow it. ".repeat(12);
  const onGit = "A branch of git is a name for a commit, and moves on. ".repeat(12);
  const texts = ["What causes the tides of the sea?", onTides, onGit];
  const [question, right, wrong] = await embedder.embed(texts, signal);
  expect(Math.hypot(...(right ?? []))).toBeCloseTo(1, 5);
  expect(cosine(question as Float32Array, right as Float32Array)).toBeGreaterThan(0.9);
  expect(cosine(question as Float32Array, wrong as Float32Array)).toBeLessThan(0.5);
  expect(calls.length).toBeGreaterThan(2);
});

/** Words of the sea, words of git, and a little of all. */
function countTopics(words: readonly string[]): Float32Array {
  const count = (topic: ReadonlySet<string>) => words.filter((word) => topic.has(word)).length;
  return Float32Array.of(
    count(new Set(["moon", "sea", "tides"])),
    count(new Set(["branch", "git", "commit"])),
    0.1,
  );
}

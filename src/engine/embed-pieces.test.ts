import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { AppError } from "../base/index.ts";
import type { EmbedRequest } from "../contract/index.ts";
import { embedPieces } from "./embed-pieces.ts";

const { signal } = new AbortController();
const options = { model: "short", prompt: "text: ", tenant: "test" };

type FakeOptions = {
  /** Characters that it takes in one text, the prompt left out. */
  readonly maxCharacters?: number;
  /** Whether its error names the text and tells how long it is. */
  readonly tells?: boolean;
  readonly vectorOf?: (text: string) => Float32Array;
};

/** A model of a short context, with what it was asked for. */
function createModel({ maxCharacters = 100, tells = true, vectorOf = countLetters }: FakeOptions = {}) {
  const requests: EmbedRequest[] = [];
  const engine = {
    async embed(request: EmbedRequest) {
      requests.push(request);
      const texts = request.inputs.map((input) => String(input).slice(options.prompt.length));
      const index = texts.findIndex((text) => text.length > maxCharacters);
      if (index < 0) return { vectors: texts.map(vectorOf), promptTokens: 0 };
      const details = { index, required: texts[index]?.length ?? 0, max: maxCharacters };
      const message = tells ? `input ${index} has ${details.required} characters` : "refused as too long";
      throw new AppError("context_limit_exceeded", message, { ...(tells && { details }) });
    },
  };
  const asked = () => requests.map(({ inputs }) => inputs.map((input) => String(input)));
  return { engine, requests, asked };
}

/** Of `a`, of `b`, and of both. */
function countLetters(text: string): Float32Array {
  const [a, b] = ["a", "b"].map((letter) => text.split(letter).length - 1);
  return Float32Array.of(a ?? 0, b ?? 0, text.length);
}

async function embedAll(engine: ReturnType<typeof createModel>["engine"], texts: readonly string[]) {
  return await Array.fromAsync(embedPieces(engine, texts, options, signal));
}

describe("texts that the model takes", () => {
  test("are asked for 64 at a time, with the prompt, and come back in order", async () => {
    const { engine, requests, asked } = createModel();
    const texts = Array.from({ length: 70 }, (_, index) => "a".repeat(index + 1));
    const vectors = await embedAll(engine, texts);
    expect(vectors.map(([first]) => first)).toEqual(texts.map(({ length }) => length));
    expect(asked().map(({ length }) => length)).toEqual([64, 6]);
    expect(asked()[1]?.at(-1)).toBe(`text: ${"a".repeat(70)}`);
    expect(requests[0]).toMatchObject({ model: "short", tenant: "test" });
    expect(requests[0]).not.toHaveProperty("privacy");
  });

  test("are asked for with the privacy that was given", async () => {
    const { engine, requests } = createModel();
    await Array.fromAsync(embedPieces(engine, ["a"], { ...options, privacy: "local" }, signal));
    expect(requests[0]?.privacy).toBe("local");
  });

  test("are not asked for any more once the signal aborts", async () => {
    const { engine, requests } = createModel();
    const abort = new AbortController();
    const texts: string[] = Array(65).fill("a");
    const reading = (async () => {
      for await (const _ of embedPieces(engine, texts, options, abort.signal))
        abort.abort(new Error("enough"));
    })();
    await expect(reading).rejects.toThrow("enough");
    expect(requests).toHaveLength(1);
  });
});

describe("a text that the model does not take", () => {
  test("is the mean of its pieces, weighted by their lengths", async () => {
    const vectorOf = (text: string) => (text.includes("a") ? Float32Array.of(1, 0) : Float32Array.of(0, 1));
    const { engine } = createModel({ maxCharacters: 60, vectorOf });
    const [vector] = await embedAll(engine, [`${"a".repeat(47)} ${"b".repeat(24)}`]);
    expect(vector?.[0]).toBeCloseTo(48 / 72, 6);
    expect(vector?.[1]).toBeCloseTo(24 / 72, 6);
  });

  test.each([true, false])("is cut and no other is, where the error tells which it is: %p", async (tells) => {
    const { engine, asked } = createModel({ tells });
    const short = ["a", "aa b", "b"];
    const vectors = await embedAll(engine, ["a", "aa b", "a ".repeat(100), "b"]);
    expect([vectors[0], vectors[1], vectors[3]]).toEqual(short.map(countLetters));
    expect(vectors[2]?.[0]).toBeGreaterThan(0);
    for (const text of short) expect(asked().some((inputs) => inputs.includes(`text: ${text}`))).toBe(true);
  });

  test("costs the others of its batch one more call together", async () => {
    const { engine, asked } = createModel();
    const short = Array.from({ length: 40 }, (_, index) => `text ${index}`);
    await embedAll(engine, [...short, "a ".repeat(60), ...short]);
    const calls = asked();
    expect(calls[0]).toHaveLength(64);
    const withOthers = calls.filter((inputs) => inputs.includes("text: text 3"));
    expect(withOthers.map(({ length }) => length)).toEqual([64, 63]);
  });

  test("goes to the model piece by piece, each with the prompt and none within a character", async () => {
    const text = fc.string({ unit: "grapheme", minLength: 1, maxLength: 400 });
    await fc.assert(
      fc.asyncProperty(text, fc.boolean(), async (given, tells) => {
        const { engine, asked } = createModel({ maxCharacters: 30, tells });
        await embedAll(engine, [given]);
        const pieces =
          asked()
            .at(-1)
            ?.map((input) => input.slice(options.prompt.length)) ?? [];
        expect(pieces.join("").replace(/\s/g, "")).toBe(given.replace(/\s/g, ""));
        expect(pieces.filter((piece) => !piece.isWellFormed() || piece.length > 30)).toEqual([]);
        expect(asked().flat()).toEqual(
          asked().flatMap((inputs) => inputs.map(() => expect.stringMatching(/^text: /))),
        );
      }),
      { numRuns: 50 },
    );
  });
});

describe("errors", () => {
  test("of a text that is too long even in the smallest pieces name it, and say that it was a piece", async () => {
    const { engine } = createModel({ maxCharacters: 10 });
    const texts = [...Array<string>(64).fill("a"), "b", "long ".repeat(20)];
    await expect(embedAll(engine, texts)).rejects.toMatchObject({
      code: "context_limit_exceeded",
      message: expect.stringMatching(/^a piece of text 65 has \d+ characters$/),
      details: { index: 65, max: 10 },
    });
  });

  test("of an upstream that names no text name it by its place", async () => {
    const { engine } = createModel({ maxCharacters: 10, tells: false });
    await expect(embedAll(engine, ["a", "long ".repeat(20)])).rejects.toMatchObject({
      ...{ code: "context_limit_exceeded", message: "refused as too long", details: { index: 1 } },
    });
  });

  test("of a text that would take too many pieces name it", async () => {
    const { engine } = createModel({ maxCharacters: 20 });
    await expect(embedAll(engine, ["a", "x".repeat(40_000)])).rejects.toMatchObject({
      code: "invalid_request",
      message: expect.stringContaining("text 1 has 40000 characters, too many for short even in 1024 pieces"),
      details: { index: 1 },
    });
  });

  test("of another kind that name an input name the text", async () => {
    const failing = {
      async embed({ inputs }: EmbedRequest): Promise<never> {
        const index = inputs.indexOf("text: odd");
        if (index < 0) throw new AppError("queue_full", "there is no place");
        throw new AppError("invalid_request", `input ${index} has no tokens`, { details: { index } });
      },
    };
    const reading = Array.fromAsync(embedPieces(failing, ["a", "b", "odd"], options, signal));
    await expect(reading).rejects.toMatchObject({
      ...{ code: "invalid_request", message: "text 2 has no tokens", details: { index: 2 } },
    });
    const full = Array.fromAsync(embedPieces(failing, ["a"], options, signal));
    await expect(full).rejects.toMatchObject({ code: "queue_full", details: {} });
  });

  test("tell of too few vectors", async () => {
    const engine = { embed: async () => ({ vectors: [Float32Array.of(1)], promptTokens: 0 }) };
    const reading = Array.fromAsync(embedPieces(engine, ["a", "b"], options, signal));
    await expect(reading).rejects.toThrow("short gave 1 vectors for 2 texts");
  });
});

import { expect, test } from "bun:test";
import { streamBatch, streamChat } from "./load.ts";

const signal = new AbortController().signal;
const request = { messages: [{ role: "user", content: "hi" }], maxTokens: 2, seed: 1 } as const;

test("a stream is read whole, also where a frame comes in two pieces", async () => {
  using server = serve([
    `data: {"choices":[{"delta":{"role":"assistant","content":""}}]}\n\ndata: {"cho`,
    `ices":[{"delta":{"content":"é"}}]}\n\n: keep-alive\n\ndata: {"choices":[{"delta":{"content":"b"}}]}\n\n`,
    `data: {"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":2,"prompt_tokens_details":{"cached_tokens":4}}}\n\n`,
    "data: [DONE]\n\n",
  ]);
  const result = await streamChat(server.target, request, signal);
  expect(result).toMatchObject({ text: "éb", promptTokens: 9, cachedTokens: 4, completionTokens: 2 });
  expect(result.frameTimesMs).toHaveLength(2);
  expect(result.timeToFirstTokenMs).toBe(result.frameTimesMs[0] ?? Number.NaN);
  expect(result.endToEndMs).toBeGreaterThanOrEqual(result.frameTimesMs[1] ?? Number.NaN);
});

test("an answer with another number of tokens than asked for does not count", async () => {
  using server = serve([`data: {"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":1}}\n\n`]);
  await expect(streamBatch(server.target, [request], signal)).rejects.toThrow(
    "generated 1 tokens instead of 2",
  );
});

test("an error within the stream does not count as an answer", async () => {
  using server = serve([`data: {"error":{"message":"the engine died"}}\n\n`]);
  await expect(streamChat(server.target, request, signal)).rejects.toThrow("the engine died");
});

function serve(pieces: readonly string[]): Disposable & { target: { url: string; model: string } } {
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: () =>
      new Response(async function* () {
        for (const piece of pieces) {
          yield piece;
          await new Promise<void>(setImmediate);
        }
      }),
  });
  return {
    target: { url: `http://127.0.0.1:${server.port}`, model: "any" },
    [Symbol.dispose]: () => void server.stop(true),
  };
}

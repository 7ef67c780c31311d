import { expect } from "bun:test";

export type Json = Readonly<Record<string, unknown>>;

export const jsonHeaders = { "content-type": "application/json" } as const;

/** Sends a JSON body, or a text as it is. */
export function post(
  url: string,
  body: Json | string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return fetch(url, {
    method: "POST",
    headers: { ...jsonHeaders, ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
}

/** The parsed body of a response, which the caller knows the form of. */
export async function readJson<T>(response: Response): Promise<T> {
  return JSON.parse(await response.text());
}

type ErrorBody = {
  readonly error: {
    readonly message: string;
    readonly type: string;
    readonly param: string | null;
    readonly code: string | null;
  };
};

/** Checks that a response is an error in the shape that OpenAI's clients read, and returns what it says. */
export async function expectError(response: Response, status: number): Promise<ErrorBody["error"]> {
  const text = await response.text();
  expect({ status: response.status, text }).toEqual({ status, text: expect.stringContaining('"error"') });
  expect(response.headers.get("x-request-id")).toMatch(/^\S+$/);
  const { error }: ErrorBody = JSON.parse(text);
  expect(Object.keys(error).slice(0, 4)).toEqual(["message", "type", "param", "code"]);
  expect([typeof error.message, typeof error.type]).toEqual(["string", "string"]);
  expect(error.message).not.toMatch(/\n\s+at |\/src\/|undefined|\[object/);
  return error;
}

/** A stream of an answer that runs to its token limit whatever the model says. */
export function streamBody(tokens: number, changes: Json = {}): Json {
  return {
    messages: [{ role: "user", content: "Tell me about Hearth" }],
    stream: true,
    stream_options: { include_usage: true },
    ignore_eos: true,
    max_tokens: tokens,
    seed: 1,
    ...changes,
  };
}

/** The payloads of a stream's frames as they come, comments left out. */
export async function* readFrames(response: Response): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    const frames = text.split("\n\n");
    text = frames.pop() ?? "";
    for (const frame of frames) if (frame.startsWith("data: ")) yield frame.slice("data: ".length);
  }
  expect(text).toBe("");
}

export type StreamResult = {
  readonly frames: readonly string[];
  readonly isDone: boolean;
  readonly completionTokens: number | undefined;
  readonly finishReason: string | undefined;
};

/** Reads a stream to its end. */
export async function collectStream(frames: AsyncIterable<string>): Promise<StreamResult> {
  const all: string[] = [];
  let completionTokens: number | undefined;
  let finishReason: string | undefined;
  for await (const frame of frames) {
    all.push(frame);
    if (frame === "[DONE]") continue;
    const chunk = JSON.parse(frame);
    completionTokens = chunk.usage?.completion_tokens ?? completionTokens;
    finishReason = chunk.choices?.[0]?.finish_reason ?? finishReason;
  }
  return { frames: all, isDone: all.at(-1) === "[DONE]", completionTokens, finishReason };
}

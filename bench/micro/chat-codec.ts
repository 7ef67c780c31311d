import { bench, do_not_optimize } from "mitata";
import { parseBody } from "../../src/server/body.ts";
import { chatBodySchema, fromChatRequest } from "../../src/server/openai/chat-request.ts";
import { createChatEncoder } from "../../src/server/openai/chat-response.ts";
import { sampling } from "../load.ts";
import { randomWords } from "../words.ts";

const origin = { id: "chatcmpl-1", model: "model", tenant: "local", priority: undefined } as const;
const format = {
  id: "chatcmpl-1",
  model: "model",
  createdSeconds: 1_700_000_000,
  fingerprint: "fp",
  hasLogprobs: false,
  includesUsage: true,
  includesTimings: false,
  usesFunctions: false,
  readReceipt: () => undefined,
} as const;

/** A body is read once a request; an event is written once a token. */
export function registerChatCodec(): undefined {
  const short = chatBody([{ role: "user", content: randomWords(128, 1) }]);
  const long = chatBody(
    Array.from({ length: 40 }, (_, index) => ({
      role: index % 2 === 0 ? "user" : "assistant",
      content: randomWords(100, index),
    })),
  );
  const read = (body: string): unknown => fromChatRequest(parseBody(body, chatBodySchema()), origin);
  const encode = createChatEncoder(format, 1);
  const event = { type: "text", choice: 0, text: " word" } as const;

  bench("read a body of 1 message", () => do_not_optimize(read(short)));
  bench("read a body of 40 messages", () => do_not_optimize(read(long)));
  bench("write a text event", () => do_not_optimize(encode(event)));
  return undefined;
}

function chatBody(messages: readonly object[]): string {
  return JSON.stringify({ ...sampling, model: "model", messages, max_tokens: 64, stream: true });
}

import { expect, test } from "bun:test";
import fc from "fast-check";
import type { GenerateEvent } from "../contract/index.ts";
import { packEvent, unpackEvent } from "./packed-event.ts";
import type { HostEvent } from "./protocol.ts";

const alternative = {
  token: fc.nat({ max: 2 ** 31 - 1 }),
  bytes: fc.uint8Array({ maxLength: 20 }),
  logprob: fc.oneof(fc.float({ noNaN: true }), fc.constant(Number.NEGATIVE_INFINITY)),
};
const measured = fc.record(
  {
    ...alternative,
    top: fc.array(fc.record(alternative), { maxLength: 12 }),
    entropy: fc.float({ noNaN: true }),
  },
  { requiredKeys: ["token", "bytes", "logprob", "top"] },
);
const bare = fc.record({ token: alternative.token, bytes: alternative.bytes });
const measuredEvent = fc.record({
  type: fc.constant("logprobs" as const),
  choice: fc.nat({ max: 127 }),
  tokens: fc.array(measured, { maxLength: 8 }),
});
const promptEvent = fc.record({
  type: fc.constant("prompt-logprobs" as const),
  tokens: fc.array(fc.oneof(bare, measured), { maxLength: 8 }),
});

test("token probabilities come out of a message as they went in", () => {
  fc.assert(
    fc.property(fc.nat(), fc.oneof(measuredEvent, promptEvent), (id, event: GenerateEvent) => {
      const sent = packEvent({ id, event });
      expect("packed" in sent).toBe(true);
      expect(unpackEvent(structuredClone(sent))).toEqual({ id, event });
    }),
  );
});

test("other events are sent as they are", () => {
  const events: HostEvent[] = [
    { id: 1, event: { type: "text", choice: 0, text: "sea" } },
    { id: 2, result: { type: "text", text: "sea" } },
    { id: 3, error: { code: "inference_error", message: "no token could be sampled", details: {} } },
  ];
  for (const event of events) {
    expect(packEvent(event)).toBe(event);
    expect(unpackEvent(event)).toBe(event);
  }
});

import { expect, test } from "bun:test";
import fc from "fast-check";
import { AppError } from "../../base/index.ts";
import type { GenerateRequest } from "../../contract/index.ts";
import type { FakeStep } from "../../testing/index.ts";
import { ask, openRouting, take } from "./routing.fixture.ts";

const words = Array.from({ length: 12 }, (_, index) => ` w${index}`);
const answer = words.join("");

/** What a model still has to say of the one right answer. */
function restFor({ input }: GenerateRequest): readonly string[] {
  const last = input.type === "chat" ? input.messages.at(-1) : undefined;
  const begun = last?.role === "assistant" ? last.content : "";
  if (!answer.startsWith(begun)) throw new Error(`it was given ${begun}`);
  return words.slice(begun === "" ? 0 : begun.trim().split(" ").length);
}

/** How far each model gets before it fails; absent: to the end. */
const reach = fc.option(fc.nat(words.length - 1), { nil: undefined });

test("whatever fails and when, no word comes twice, none is lost, and an answer that did not end is an error", async () => {
  await fc.assert(
    fc.asyncProperty(reach, reach, reach, async (big, huge, small) => {
      const reaches = new Map([
        ["big@work", big],
        ["huge@work", huge],
        ["small", small],
      ]);
      await using routing = openRouting({
        settings: { fallbacks: ["big@work=huge@work", "big@work=small"] },
        script(request): readonly FakeStep[] {
          const steps = restFor(request).map((text) => ({ text }));
          const far = reaches.get(request.model);
          if (far === undefined) return steps;
          return [...steps.slice(0, far), { fail: new AppError("streaming_error", "cut") }];
        },
      });
      const { text, error, events } = await take(routing, ask({ model: "big@work", isInteraction: false }));
      expect(answer).toStartWith(text);
      expect(error === undefined).toBe(text === answer && events.at(-1)?.type === "done");
      const isAnybodyWhole = [...reaches.values()].includes(undefined);
      if (isAnybodyWhole) expect(text).toBe(answer);
      expect(events.filter(({ type }) => type === "started").length).toBeLessThanOrEqual(1);
    }),
    { numRuns: 60 },
  );
});

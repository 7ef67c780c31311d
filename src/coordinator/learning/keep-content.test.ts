import { expect, test } from "bun:test";
import { maxKeptCharacters } from "./interaction.ts";
import { keepContent } from "./keep-content.ts";

const { signal } = new AbortController();

const secret = "4111111111111111";
const scrub = async (texts: readonly string[]) => ({
  texts: texts.map((text) => text.replaceAll(secret, "[CARD_1]")),
  counts: new Map<string, number>(),
});
const keep = (response: string, scrubber: typeof scrub | (() => Promise<undefined>) = scrub) => {
  const faults: unknown[] = [];
  const onFault = (error: unknown) => void faults.push(error);
  const options = { mode: "redacted" as const, scrub: scrubber, onFault, signal };
  return keepContent({ query: "q", response }, options).then((kept) => ({ ...kept, faults }));
};

test("a number that stands across the end of what is kept leaves no half of itself", async () => {
  const lead = "x ".repeat(maxKeptCharacters / 2 - 4);
  const { response, isCut } = await keep(`${lead}${secret}${" y".repeat(2_000)}`);
  expect(response).toStartWith(lead);
  expect(response).not.toContain("4111");
  expect(isCut).toBe(true);
  const atTheMargin = `${"x".repeat(maxKeptCharacters + 1_024 - 8)}${secret}`;
  expect((await keep(atTheMargin)).response).not.toContain("4111");
});

test("a text that fits is kept whole, scrubbed", async () => {
  expect(await keep(`pay ${secret} now`)).toMatchObject({
    ...{ content: "redacted", response: "pay [CARD_1] now", isCut: false, faults: [] },
  });
});

test("texts that cannot be looked through leave their hashes alone", async () => {
  const kept = await keep("text", async () => undefined);
  expect(kept).toMatchObject({ content: "hash", faults: [{ code: "plugin_failed" }] });
  expect(kept.response).toBeUndefined();
});

import { describe, expect, test } from "bun:test";
import type { ChatInput, GenerateRequest, Message } from "../../contract/index.ts";
import { createChatRequest } from "../../testing/index.ts";
import { chatOf } from "./cache-fixture.ts";
import { fingerprintOf } from "./fingerprint.ts";
import { readQuestion } from "./question.ts";

/**
 * What becomes of each field of a request: it is `key` of the stored answer, or `hindered`: no stored answer can be one to
 * it, or `beside` what is answered, or it is told `elsewhere`: as the model's facts, or by a test of its own.
 */
type Place = "key" | "hindered" | "beside" | "elsewhere";
/** A field that is added to the contract has no place here until somebody decides on it: this file does not compile then. */
type Places<T> = { readonly [Name in keyof Required<T>]: readonly [Place, T[Name]] };

const base = createChatRequest("How do I boil an egg?", { sampling: { temperature: 0 } });
const chat = chatOf([{ role: "user", content: "How do I boil an egg?" }]) as ChatInput;

const fields: Places<GenerateRequest> = {
  id: ["beside", "chatcmpl-other"],
  model: ["elsewhere", "other-model"],
  input: ["elsewhere", chat],
  sampling: ["key", { temperature: 0, topK: 3 }],
  constraint: ["key", { type: "grammar", grammar: 'root ::= "a"' }],
  maxTokens: ["key", 7],
  stop: ["key", ["\n"]],
  choices: ["hindered", 2],
  topLogprobs: ["hindered", 0],
  entropy: ["hindered", true],
  lateLogprobs: ["beside", true],
  promptLogprobs: ["hindered", true],
  priority: ["beside", "batch"],
  tenant: ["key", "another"],
  cachePrompt: ["beside", false],
  contextTokens: ["key", 512],
  keepAliveMs: ["beside", 0],
  adapters: ["key", [{ name: "tone", scale: 0.5 }]],
  depth: ["beside", 1],
  conversation: ["hindered", { turn: chat, earlier: [] }],
  judging: ["hindered", { trajectory: true }],
  isInteraction: ["beside", true],
  isWhole: ["beside", true],
  retrieval: ["key", { collections: ["docs"] }],
  caching: ["beside", "shadow"],
  privacy: ["key", "local"],
  hops: ["beside", 1],
  routing: ["key", "remote"],
  consent: ["beside", true],
  tags: ["beside", ["a"]],
};

const system: Message = { role: "system", content: "Be brief." };
const chatFields: Places<ChatInput> = {
  type: ["elsewhere", "chat"],
  messages: ["key", [system, ...chat.messages]],
  tools: ["hindered", [{ name: "clock" }]],
  toolChoice: ["beside", "required"],
  parallelToolCalls: ["beside", !chat.parallelToolCalls],
  reasoning: ["key", { format: "split", effort: "high" }],
  templateVariables: ["key", { tone: "dry" }],
  continueFinalMessage: ["hindered", true],
  addGenerationPrompt: ["key", !chat.addGenerationPrompt],
  renderedPrompt: ["key", "<|user|>How do I boil an egg?"],
};

function check(place: Place, changed: GenerateRequest): void {
  const facts = { model: "fake-model sha256:1" };
  const isSame = fingerprintOf(changed, facts) === fingerprintOf(base, facts);
  if (place === "key") expect(isSame).toBe(false);
  if (place === "beside") expect(isSame).toBe(true);
  if (place !== "elsewhere") expect(readQuestion(changed).cacheable).toBe(place !== "hindered");
}

describe("a field of the request that", () => {
  for (const [name, [place, value]] of Object.entries(fields))
    test(`${name}: is ${place}`, () => check(place, { ...base, [name]: value }));
});

describe("a field of the chat that", () => {
  for (const [name, [place, value]] of Object.entries(chatFields))
    test(`${name}: is ${place}`, () =>
      check(place, { ...base, input: { ...chat, [name]: value } as ChatInput }));
});

test("a field of the last message beside its text changes the key, the text does not", () => {
  const facts = { model: "fake-model" };
  const of = (message: Message) => fingerprintOf({ ...base, input: chatOf([message]) }, facts);
  const plain = of({ role: "user", content: "one" });
  expect(of({ role: "user", content: "two" })).toBe(plain);
  expect(of({ role: "user", content: "one", name: "Ada" })).not.toBe(plain);
});

test("each fact changes the key, the order in which fields were written does not", () => {
  const facts = { model: "m", context: "1", space: "e", route: { local: "a", remote: "b" } };
  const key = fingerprintOf(base, facts);
  for (const change of [
    { model: "n" },
    { context: "2" },
    { space: "f" },
    { route: { local: "b", remote: "a" } },
  ])
    expect(fingerprintOf(base, { ...facts, ...change })).not.toBe(key);
  const { model, ...others } = facts;
  expect(fingerprintOf(base, { ...others, route: { remote: "b", local: "a" }, model })).toBe(key);
});

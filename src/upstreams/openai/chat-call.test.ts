import { expect, test } from "bun:test";
import type { ChatInput, GenerateRequest } from "../../contract/index.ts";
import { ask, failureOf } from "../upstreams.fixture.ts";
import { createOpenaiProtocol } from "./openai-protocol.ts";

const other = createOpenaiProtocol("openai", new URL("http://10.0.0.1/v1"));
const hearth = createOpenaiProtocol("hearth", new URL("http://10.0.0.1/v1"));

function chat(changes: Partial<ChatInput>, request: Partial<GenerateRequest> = {}): GenerateRequest {
  const asked = ask("hi", request);
  return { ...asked, input: { ...(asked.input as ChatInput), ...changes } };
}

test("a conversation with tools is written as OpenAI's clients write it", () => {
  const request = chat(
    {
      messages: [
        { role: "system", content: "Be brief." },
        { role: "user", content: "Weather in Oslo?", name: "ada" },
        {
          role: "assistant",
          content: "",
          reasoning: "hm",
          toolCalls: [{ id: "c1", name: "weather", arguments: '{"city":"Oslo"}' }],
        },
        { role: "tool", content: "4 degrees", toolCallId: "c1" },
      ],
      tools: [{ name: "weather", description: "Tells it", parameters: { type: "object" } }],
      toolChoice: "required",
      parallelToolCalls: false,
      reasoning: { format: "split", effort: "low", enabled: true },
    },
    {
      ...{ maxTokens: 50, stop: ["END"], choices: 2, topLogprobs: 3 },
      sampling: {
        temperature: 0.5,
        topP: 0.9,
        seed: 7,
        frequencyPenalty: 1,
        logitBias: [{ token: 5, bias: -100 }],
      },
      constraint: { type: "json-schema", schema: { type: "object", required: ["a"] } },
    },
  );
  expect(other.toGenerateCall(request)).toEqual({
    path: "/chat/completions",
    body: {
      model: "large",
      messages: [
        { role: "system", content: "Be brief." },
        { role: "user", content: "Weather in Oslo?", name: "ada" },
        {
          role: "assistant",
          content: null,
          tool_calls: [
            { id: "c1", type: "function", function: { name: "weather", arguments: '{"city":"Oslo"}' } },
          ],
        },
        { role: "tool", content: "4 degrees", tool_call_id: "c1" },
      ],
      tools: [
        {
          type: "function",
          function: { name: "weather", description: "Tells it", parameters: { type: "object" } },
        },
      ],
      ...{ tool_choice: "required", parallel_tool_calls: false, reasoning_effort: "low" },
      ...{ stream: true, stream_options: { include_usage: true } },
      ...{ temperature: 0.5, top_p: 0.9, seed: 7, frequency_penalty: 1, logit_bias: { "5": -100 } },
      ...{ max_tokens: 50, stop: ["END"], n: 2, logprobs: true, top_logprobs: 3 },
      response_format: {
        type: "json_schema",
        json_schema: { name: "answer", strict: true, schema: { type: "object", required: ["a"] } },
      },
    },
  });
});

test("nothing is said of what was not asked for", () => {
  expect(other.toGenerateCall(ask("hi")).body).toEqual({
    ...{ model: "large", messages: [{ role: "user", content: "hi" }] },
    ...{ stream: true, stream_options: { include_usage: true } },
  });
});

test.each([
  ["top_k", { sampling: { topK: 40 } }],
  ["min_p", { sampling: { minP: 0.1 } }],
  ["repeat_penalty", { sampling: { repeatPenalty: 1.1, repeatLastTokens: 64 } }],
  ["dry_multiplier", { sampling: { dryMultiplier: 0.8 } }],
  ["mirostat", { sampling: { mirostat: 2 as const } }],
  ["ignore_eos", { sampling: { ignoreEndOfSequence: true } }],
  ["grammar", { constraint: { type: "grammar" as const, grammar: 'root ::= "a"' } }],
  ["lora", { adapters: [{ name: "a", scale: 1 }] }],
  ["hearth.trajectory", { entropy: true }],
  ["echo", { promptLogprobs: true }],
])("%s is refused by name where the server is no Hearth", async (param, changes) => {
  const failure = await failureOf((async () => other.toGenerateCall(ask("hi", changes)))());
  expect(failure).toMatchObject({ code: "invalid_request", details: { param } });
  expect(failure.message).toStartWith(`${param}: `);
});

test.each([
  ["chat_template_kwargs", { templateVariables: { enable_thinking: true } }],
  ["continue_final_message", { continueFinalMessage: true, addGenerationPrompt: false }],
  ["add_generation_prompt", { addGenerationPrompt: false }],
  ["reasoning_format", { reasoning: { format: "inline" as const } }],
  ["reasoning_budget_tokens", { reasoning: { format: "split" as const, budgetTokens: 9 } }],
  ["template", { renderedPrompt: "<s>hi" }],
])("%s of a chat is refused by name where the server is no Hearth", async (param, changes) => {
  const failure = await failureOf((async () => other.toGenerateCall(chat(changes)))());
  expect(failure).toMatchObject({ code: "invalid_request", details: { param } });
});

test("values that change nothing are left out, not refused", () => {
  const sampling = {
    topK: 0,
    topP: 1,
    minP: 0,
    repeatPenalty: 1,
    repeatLastTokens: 64,
    xtcThreshold: 0.1,
    mirostatTau: 5,
  };
  const { body } = other.toGenerateCall(
    ask("hi", { sampling: { ...sampling, logitBias: [] }, adapters: [] }),
  );
  expect(Object.keys(body).toSorted()).toEqual([
    "logit_bias",
    "messages",
    "model",
    "stream",
    "stream_options",
    "top_p",
  ]);
});

test("another Hearth is told what only Hearth knows", () => {
  const request = chat(
    {
      messages: [
        { role: "user", content: "1" },
        { role: "assistant", content: "2", reasoning: "why" },
      ],
      ...{ continueFinalMessage: true, addGenerationPrompt: false, templateVariables: { a: 1 } },
      reasoning: { format: "inline", budgetTokens: 9 },
    },
    {
      ...{
        sampling: { topK: 40, dryMultiplier: 0.8 },
        constraint: { type: "grammar", grammar: 'root ::= "a"' },
      },
      ...{ cachePrompt: false, priority: "batch", adapters: [{ name: "a", scale: 0.5 }] },
      ...{
        tags: ["t"],
        consent: true,
        caching: "exact",
        retrieval: { collections: ["mine"] },
        tenant: "secret-tenant",
      },
    },
  );
  const { body } = hearth.toGenerateCall(request);
  expect(body).toMatchObject({
    ...{ top_k: 40, dry_multiplier: 0.8, grammar: 'root ::= "a"', cache_prompt: false, priority: "batch" },
    ...{ continue_final_message: true, chat_template_kwargs: { a: 1 }, reasoning_budget_tokens: 9 },
    ...{ reasoning_format: "none", lora: [{ name: "a", scale: 0.5 }] },
    messages: [{ role: "user" }, { role: "assistant", reasoning_content: "why" }],
  });
  expect(JSON.stringify(body)).not.toContain("mine");
  expect(JSON.stringify(body)).not.toContain("secret-tenant");
});

test("any JSON object is asked for as such, since strict schemas would refuse it", () => {
  const constraint = { type: "json-schema", schema: { type: "object" } } as const;
  expect(other.toGenerateCall(ask("hi", { constraint })).body.response_format).toEqual({
    type: "json_object",
  });
});

test("OpenAI's own servers get the limit under the name that they take", () => {
  const openai = createOpenaiProtocol("openai", new URL("https://api.openai.com/v1"));
  expect(openai.toGenerateCall(ask("hi", { maxTokens: 5 })).body).toMatchObject({ max_completion_tokens: 5 });
  expect(other.toGenerateCall(ask("hi", { maxTokens: 5 })).body).toMatchObject({ max_tokens: 5 });
});

test("a text that is no conversation goes to the older route, with a limit since that ends at 16 tokens otherwise", () => {
  const request = ask("", { input: { type: "text", text: "Once" } });
  expect(other.toGenerateCall(request)).toMatchObject({
    path: "/completions",
    body: { prompt: "Once", max_tokens: 4096 },
  });
  expect(() => other.toGenerateCall({ ...request, topLogprobs: 1 })).toThrow("logprobs: ");
});

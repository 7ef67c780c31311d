import { expect, test } from "bun:test";
import type { ChatInput, GenerateRequest } from "../../contract/index.ts";
import { ask, failureOf } from "../upstreams.fixture.ts";
import { toMessageCall } from "./message-call.ts";

function chat(changes: Partial<ChatInput>, request: Partial<GenerateRequest> = {}): GenerateRequest {
  const asked = ask("hi", request);
  return { ...asked, input: { ...(asked.input as ChatInput), ...changes } };
}

test("a conversation with tools is written as Anthropic's clients write it", () => {
  const request = chat(
    {
      messages: [
        { role: "system", content: "Be brief." },
        { role: "user", content: "Weather in Oslo and Rome?" },
        {
          ...{ role: "assistant", content: "Let me look." },
          toolCalls: [
            { id: "c1", name: "weather", arguments: '{"city":"Oslo"}' },
            { id: "c2", name: "now", arguments: "" },
          ],
        },
        { role: "tool", content: "4 degrees", toolCallId: "c1" },
        { role: "tool", content: "noon", toolCallId: "c2" },
        { role: "user", content: "And?" },
      ],
      tools: [
        { name: "weather", description: "Tells it", parameters: { type: "object", required: ["city"] } },
        { name: "now" },
      ],
      toolChoice: "required",
      parallelToolCalls: false,
      reasoning: { format: "split", budgetTokens: 2_000 },
    },
    {
      ...{ stop: ["END"], sampling: { temperature: 1, topP: 0.9, topK: 40 } },
      constraint: { type: "json-schema", schema: { type: "object", required: ["a"] } },
    },
  );
  expect(toMessageCall(request)).toEqual({
    path: "/messages",
    body: {
      ...{ model: "large", max_tokens: 6_096, stream: true, system: "Be brief." },
      messages: [
        { role: "user", content: [{ type: "text", text: "Weather in Oslo and Rome?" }] },
        {
          role: "assistant",
          content: [
            { type: "text", text: "Let me look." },
            { type: "tool_use", id: "c1", name: "weather", input: { city: "Oslo" } },
            { type: "tool_use", id: "c2", name: "now", input: {} },
          ],
        },
        {
          role: "user",
          content: [
            { type: "tool_result", tool_use_id: "c1", content: "4 degrees" },
            { type: "tool_result", tool_use_id: "c2", content: "noon" },
            { type: "text", text: "And?" },
          ],
        },
      ],
      ...{ temperature: 1, top_p: 0.9, top_k: 40, stop_sequences: ["END"] },
      tools: [
        { name: "weather", description: "Tells it", input_schema: { type: "object", required: ["city"] } },
        { name: "now", input_schema: { type: "object", properties: {} } },
      ],
      tool_choice: { type: "any", disable_parallel_tool_use: true },
      thinking: { type: "enabled", budget_tokens: 2_000 },
      output_config: { format: { type: "json_schema", schema: { type: "object", required: ["a"] } } },
    },
  });
});

test("nothing is said of what was not asked for but the limit, which the protocol needs", () => {
  expect(toMessageCall(ask("hi")).body).toEqual({
    ...{ model: "large", max_tokens: 4_096, stream: true },
    messages: [{ role: "user", content: [{ type: "text", text: "hi" }] }],
  });
});

test.each([
  [{ enabled: false }, { thinking: { type: "disabled" } }],
  [{ enabled: true }, { thinking: { type: "adaptive" } }],
  [{ effort: "high" }, { thinking: { type: "adaptive" }, output_config: { effort: "high" } }],
])("reasoning %j is asked for as %j", (reasoning, expected) => {
  expect(toMessageCall(chat({ reasoning: { format: "split", ...reasoning } })).body).toMatchObject(expected);
});

test.each([
  ["seed", { sampling: { seed: 1 } }],
  ["frequency_penalty", { sampling: { frequencyPenalty: 0.5 } }],
  ["logit_bias", { sampling: { logitBias: [{ token: 1, bias: 1 }] } }],
  ["n", { choices: 2 }],
  ["logprobs", { topLogprobs: 0 }],
  ["grammar", { constraint: { type: "grammar" as const, grammar: "root ::= []" } }],
  ["response_format", { constraint: { type: "json-schema" as const, schema: { type: "object" } } }],
  ["prompt", { input: { type: "text" as const, text: "Once" } }],
])("%s is refused by name", async (param, changes) => {
  const failure = await failureOf((async () => toMessageCall(ask("hi", changes)))());
  expect(failure).toMatchObject({ code: "invalid_request", details: { param } });
});

test("a message of the assistant is continued where that is asked for, and nowhere else", () => {
  const messages = [
    { role: "user", content: "Count" },
    { role: "assistant", content: "1, 2," },
  ] as const;
  expect(() => toMessageCall(chat({ messages }))).toThrow("continue_final_message: ");
  const continued = chat({ messages, continueFinalMessage: true, addGenerationPrompt: false });
  expect(toMessageCall(continued).body.messages).toHaveLength(2);
});

test("arguments of an earlier call that are no JSON object are refused, not mended", () => {
  const toolCalls = [{ id: "c", name: "f", arguments: "[1" }];
  const messages = [
    { role: "assistant", content: "", toolCalls },
    { role: "user", content: "x" },
  ] as const;
  expect(() => toMessageCall(chat({ messages }))).toThrow("messages[0].tool_calls: the arguments of f");
});

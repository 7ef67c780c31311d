import { describe, expect, test } from "bun:test";
import type { GenerateRequest } from "../../contract/index.ts";
import { createServerRecords } from "../../testing/index.ts";
import { createServerApp } from "../app.ts";

const tool = (name: string) => ({ type: "function", function: { name, parameters: { type: "object" } } });
const tools = [tool("add"), tool("sub")];
const chat = (changes: object) => ({ input: expect.objectContaining(changes) });
const sampling = (changes: object) => ({ sampling: expect.objectContaining(changes) });
const schema = { type: "object", properties: { a: { type: "string" } } };

async function post(body: object, headers: Record<string, string> = {}) {
  const { deps, engine } = createServerRecords();
  const response = await createServerApp(deps).request("/v1/chat/completions", {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ messages: [{ role: "user", content: "hello" }], ...body }),
  });
  return { response, request: engine.requests[0], answer: await response.text() };
}

/** [what is sent, what the engine is asked for because of it] */
const honoured: [Record<string, unknown>, Partial<Record<keyof GenerateRequest, unknown>>][] = [
  [{ max_completion_tokens: 5 }, { maxTokens: 5 }],
  [{ max_tokens: 6 }, { maxTokens: 6 }],
  [{ max_tokens: 6, max_completion_tokens: 5 }, { maxTokens: 5 }],
  [{ n_predict: 7 }, { maxTokens: 7 }],
  [{ stop: "x" }, { stop: ["x"] }],
  [{ stop: ["x", "y"] }, { stop: ["x", "y"] }],
  [{ n: 3 }, { choices: 3 }],
  [{ temperature: 0.5 }, sampling({ temperature: 0.5 })],
  [{ top_p: 0.5 }, sampling({ topP: 0.5 })],
  [{ frequency_penalty: -1 }, sampling({ frequencyPenalty: -1 })],
  [{ presence_penalty: 2 }, sampling({ presencePenalty: 2 })],
  [{ logit_bias: { "5": -100 } }, sampling({ logitBias: [{ token: 5, bias: -100 }] })],
  [{ logit_bias: [[5, false]] }, sampling({ logitBias: [{ token: 5, bias: -100 }] })],
  [{ seed: 9 }, sampling({ seed: 9 })],
  [{ seed: -2 }, sampling({ seed: 4_294_967_294 })],
  [{ seed: 2 ** 33 + 1 }, sampling({ seed: 1 })],
  [{ logprobs: true }, { topLogprobs: 0 }],
  [{ logprobs: true, top_logprobs: 20 }, { topLogprobs: 20 }],
  [{ n_probs: 3 }, { topLogprobs: 3 }],
  [
    { tools },
    chat({ tools: tools.map((entry) => entry.function), toolChoice: "auto", parallelToolCalls: true }),
  ],
  [{ tools, tool_choice: "none" }, chat({ toolChoice: "none" })],
  [{ tools, tool_choice: "required" }, chat({ toolChoice: "required" })],
  [
    { tools, tool_choice: { type: "function", function: { name: "sub" } } },
    chat({ toolChoice: "required", tools: [expect.objectContaining({ name: "sub" })] }),
  ],
  [
    { tools, tool_choice: { type: "allowed_tools", allowed_tools: { mode: "auto", tools: [tool("add")] } } },
    chat({ toolChoice: "auto", tools: [expect.objectContaining({ name: "add" })] }),
  ],
  [{ tools, parallel_tool_calls: false }, chat({ parallelToolCalls: false })],
  [
    { functions: [{ name: "add" }], function_call: "none" },
    chat({ tools: [{ name: "add" }], toolChoice: "none" }),
  ],
  [
    { response_format: { type: "json_object" } },
    { constraint: { type: "json-schema", schema: { type: "object" } } },
  ],
  [
    { response_format: { type: "json_schema", json_schema: { name: "s", schema, strict: true } } },
    { constraint: { type: "json-schema", schema } },
  ],
  [{ json_schema: schema }, { constraint: { type: "json-schema", schema } }],
  [{ guided_json: JSON.stringify(schema) }, { constraint: { type: "json-schema", schema } }],
  [{ structured_outputs: { json: schema } }, { constraint: { type: "json-schema", schema } }],
  [{ structured_outputs: { choice: ["a"] } }, { constraint: { type: "grammar", grammar: 'root ::= "a"' } }],
  [{ grammar: 'root ::= "x"' }, { constraint: { type: "grammar", grammar: 'root ::= "x"' } }],
  [{ guided_grammar: 'root ::= "x"' }, { constraint: { type: "grammar", grammar: 'root ::= "x"' } }],
  [
    { guided_choice: ["a", 'b"\n'] },
    { constraint: { type: "grammar", grammar: 'root ::= "a" | "b\\"\\n"' } },
  ],
  [{ reasoning_effort: "none" }, chat({ reasoning: { format: "split", enabled: false } })],
  [{ reasoning_effort: "high" }, chat({ reasoning: { format: "split", enabled: true, effort: "high" } })],
  [{ reasoning_format: "none" }, chat({ reasoning: { format: "inline" } })],
  [{ reasoning_budget: 4 }, chat({ reasoning: { format: "split", budgetTokens: 4 } })],
  [{ reasoning_budget_tokens: 0 }, chat({ reasoning: { format: "split", budgetTokens: 0 } })],
  [{ thinking_budget_tokens: -1 }, chat({ reasoning: { format: "split" } })],
  [
    { chat_template_kwargs: { enable_thinking: false, tone: "dry" } },
    chat({
      reasoning: { format: "split", enabled: false },
      templateVariables: { enable_thinking: false, tone: "dry" },
    }),
  ],
  [{ add_generation_prompt: false }, chat({ addGenerationPrompt: false })],
  [
    { continue_final_message: true, messages: [{ role: "assistant", content: "Once" }] },
    chat({ continueFinalMessage: true, addGenerationPrompt: false }),
  ],
  [{ cache_prompt: false }, { cachePrompt: false }],
  [{ priority: "batch" }, { priority: "batch" }],
  [{ service_tier: "flex" }, { priority: "batch" }],
  [{ top_k: -1 }, sampling({ topK: 0 })],
  [{ min_p: 0.1 }, sampling({ minP: 0.1 })],
  [{ typical_p: 0.9 }, sampling({ typicalP: 0.9 })],
  [{ top_n_sigma: 1.5 }, sampling({ topNSigma: 1.5 })],
  [{ repeat_penalty: 1.1 }, sampling({ repeatPenalty: 1.1 })],
  [{ repetition_penalty: 1.2 }, sampling({ repeatPenalty: 1.2 })],
  [{ repeat_last_n: 32 }, sampling({ repeatLastTokens: 32 })],
  [{ dry_multiplier: 0.8 }, sampling({ dryMultiplier: 0.8 })],
  [{ dry_base: 1.75 }, sampling({ dryBase: 1.75 })],
  [{ dry_allowed_length: 2 }, sampling({ dryAllowedLength: 2 })],
  [{ dry_penalty_last_n: 64 }, sampling({ dryPenaltyLastTokens: 64 })],
  [{ dry_sequence_breakers: ["\n"] }, sampling({ drySequenceBreakers: ["\n"] })],
  [{ xtc_probability: 0.5 }, sampling({ xtcProbability: 0.5 })],
  [{ xtc_threshold: 0.1 }, sampling({ xtcThreshold: 0.1 })],
  [{ dynatemp_range: 0.2 }, sampling({ dynamicTemperatureRange: 0.2 })],
  [{ dynatemp_exponent: 1.5 }, sampling({ dynamicTemperatureExponent: 1.5 })],
  [{ mirostat: 2 }, sampling({ mirostat: 2 })],
  [{ mirostat_tau: 4 }, sampling({ mirostatTau: 4 })],
  [{ mirostat_eta: 0.2 }, sampling({ mirostatEta: 0.2 })],
  [{ keep_alive: "5m" }, { keepAliveMs: 300_000 }],
  [{ keep_alive: 0 }, { keepAliveMs: 0 }],
  [{ keep_alive: -1 }, { keepAliveMs: Number.POSITIVE_INFINITY }],
  [{ options: { num_ctx: 2048 } }, { contextTokens: 2048 }],
  [
    { lora: [{ name: "tone", scale: 0.5 }, { name: "style" }] },
    {
      adapters: [
        { name: "tone", scale: 0.5 },
        { name: "style", scale: 1 },
      ],
    },
  ],
  [{ lora: [] }, { adapters: [] }],
  [{ ignore_eos: true, max_tokens: 6 }, sampling({ ignoreEndOfSequence: true })],
];

/** [what is sent, the parameter that the refusal names] */
const refused: [Record<string, unknown>, string][] = [
  [{ audio: { voice: "alloy", format: "wav" } }, "audio"],
  [{ modalities: ["text", "audio"] }, "modalities"],
  [{ temperature: -1 }, "temperature"],
  [{ temperature: 2.1 }, "temperature"],
  [{ temperature: "NaN" }, "temperature"],
  [{ top_p: 0 }, "top_p"],
  [{ top_p: 1.1 }, "top_p"],
  [{ frequency_penalty: 2.5 }, "frequency_penalty"],
  [{ presence_penalty: -3 }, "presence_penalty"],
  [{ max_tokens: 0 }, "max_tokens"],
  [{ max_completion_tokens: -1 }, "max_completion_tokens"],
  [{ max_tokens: 1.5 }, "max_tokens"],
  [{ n: 0 }, "n"],
  [{ n: 1000 }, "n"],
  [{ stop: ["a", "b", "c", "d", "e"] }, "stop"],
  [{ stop: "" }, "stop"],
  [{ seed: 1.5 }, "seed"],
  [{ logprobs: true, top_logprobs: 21 }, "top_logprobs"],
  [{ top_logprobs: 2 }, "top_logprobs"],
  [{ logit_bias: { hello: 1 } }, "logit_bias"],
  [{ logit_bias: { "5": 101 } }, "logit_bias"],
  [{ logit_bias: [["x"]] }, "logit_bias"],
  [{ stream_options: { include_usage: true } }, "stream_options"],
  [{ tools: [{ type: "custom", custom: { name: "c" } }] }, "tools[0].type"],
  [{ tools: [{ type: "function", function: {} }] }, "tools[0].function.name"],
  [{ tools, tool_choice: { type: "function", function: { name: "nope" } } }, "tool_choice"],
  [{ tools, tool_choice: { type: "custom", custom: { name: "c" } } }, "tool_choice"],
  [{ tool_choice: "required" }, "tool_choice"],
  [{ functions: [{ name: "a" }], function_call: { name: "b" } }, "function_call"],
  [
    { response_format: { type: "json_schema", json_schema: { name: "s" } } },
    "response_format.json_schema.schema",
  ],
  [{ response_format: { type: "xml" } }, "response_format.type"],
  [{ response_format: { type: "json_object" }, grammar: 'root ::= "x"' }, "grammar"],
  [{ guided_regex: "a+" }, "guided_regex"],
  [{ guided_json: "not json" }, "guided_json"],
  [{ structured_outputs: { regex: "a+" } }, "structured_outputs.regex"],
  [{ reasoning_effort: "extreme" }, "reasoning_effort"],
  [{ reasoning_format: "deepseek-legacy" }, "reasoning_format"],
  [{ continue_final_message: true }, "continue_final_message"],
  [{ continue_final_message: true, add_generation_prompt: true }, "add_generation_prompt"],
  [{ priority: "urgent" }, "priority"],
  [{ keep_alive: "soon" }, "keep_alive"],
  [{ options: { num_ctx: 0 } }, "options.num_ctx"],
  [{ lora: [{ id: 0, scale: 1 }] }, "lora[0].name"],
  [{ lora: [{ name: "a" }, { name: "a" }] }, "lora[1].name"],
  [{ model: 5 }, "model"],
  [{ model: "m".repeat(256) }, "model"],
  [{ messages: [] }, "messages"],
  [{ messages: "hello" }, "messages"],
  [{ messages: [{ role: "wizard", content: "x" }] }, "messages[0].role"],
  [{ messages: [{ role: "user", content: 5 }] }, "messages[0].content"],
  [{ messages: [{ role: "user" }] }, "messages[0].content"],
  [
    { messages: [{ role: "user", content: [{ type: "image_url", image_url: { url: "x" } }] }] },
    "messages[0].content[0]",
  ],
  [
    { messages: [{ role: "user", content: [{ type: "input_audio", input_audio: {} }] }] },
    "messages[0].content[0]",
  ],
];

/** Accepted, and named in the warning header. */
const ignored: Record<string, unknown>[] = [
  { prediction: { type: "content", content: "x" } },
  { web_search_options: {} },
  { metadata: { a: "b" } },
  { store: true },
  { user: "u" },
  { safety_identifier: "s" },
  { moderation: {} },
  { verbosity: "low" },
  { service_tier: "auto" },
  { prompt_cache_key: "k" },
  { prompt_cache_options: {} },
  { prompt_cache_retention: "24h" },
  { id_slot: 1 },
  { return_progress: true },
  { something_new: 1 },
];

describe("a parameter is honoured", () => {
  test.each(honoured)("%j reaches the engine", async (body, expected) => {
    const { response, request } = await post(body);
    expect(response.status).toBe(200);
    expect(request as unknown).toMatchObject(expected);
    expect(response.headers.get("x-hearth-ignored")).toBeNull();
  });

  test.each([{ timings_per_token: true }, { n: 2 }, { logprobs: true }])(
    "%j shows in the answer",
    async (body) => {
      expect((await post(body)).answer.length).not.toBe((await post({})).answer.length);
    },
  );

  test("the priority header counts where the body names none", async () => {
    expect((await post({}, { "x-hearth-priority": "batch" })).request?.priority).toBe("batch");
    expect(
      (await post({ priority: "interactive" }, { "x-hearth-priority": "batch" })).request?.priority,
    ).toBe("interactive");
    expect((await post({}, { "x-hearth-priority": "now" })).response.status).toBe(400);
  });

  test("a seed of -1 leaves the draw to chance", async () => {
    expect((await post({ seed: -1 })).request?.sampling).toEqual({});
  });

  test("null counts as absent for every optional parameter", async () => {
    const names = honoured.flatMap(([body]) => Object.keys(body)).filter((name) => name !== "messages");
    const { response, request } = await post(Object.fromEntries(names.map((name) => [name, null])));
    expect(response.status).toBe(200);
    expect(request?.sampling).toEqual({});
  });
});

describe("a parameter is refused", () => {
  test.each(refused)("%j is a 400 that names it", async (body, param) => {
    const { response, answer } = await post(body);
    expect(response.status).toBe(400);
    const { error } = JSON.parse(answer);
    expect(error).toMatchObject({ type: "invalid_request_error", param });
    expect(error.message).not.toBe("");
  });

  test("an unknown model is a 404 that names it", async () => {
    const { response, answer } = await post({ model: "gpt-9" });
    expect(response.status).toBe(404);
    expect(JSON.parse(answer).error).toMatchObject({ code: "model_not_found", param: "model" });
  });
});

describe("a parameter is ignored, which the header says", () => {
  test.each(ignored)("%j is named", async (body) => {
    const { response } = await post(body);
    expect(response.status).toBe(200);
    expect(response.headers.get("x-hearth-ignored")).toBe(Object.keys(body).join());
  });

  test("fields inside options and stream_options are named too", async () => {
    const body = {
      stream: true,
      stream_options: { include_obfuscation: true },
      options: { num_ctx: 4096, num_gpu: 1 },
    };
    const { response } = await post(body);
    expect(response.headers.get("x-hearth-ignored")).toBe(
      "options.num_gpu, stream_options.include_obfuscation",
    );
  });

  test("names that are hostile to a header are escaped, cut and counted", async () => {
    const names = Array.from({ length: 40 }, (_, index) => `x\r\nset-cookie: ${index}`);
    const { response } = await post(Object.fromEntries(names.map((name) => [name, 1])));
    expect(response.status).toBe(200);
    expect(response.headers.get("x-hearth-ignored")).toStartWith("x%0D%0Aset-cookie%3A%200, ");
    expect(response.headers.get("x-hearth-ignored")).toEndWith("and 8 more");
    expect(response.headers.get("set-cookie")).toBeNull();
  });
});

describe("messages", () => {
  test("every role and form of content is taken over", async () => {
    const { request } = await post({
      messages: [
        { role: "developer", content: "be brief" },
        {
          role: "user",
          content: [
            { type: "text", text: "a" },
            { type: "text", text: "b" },
          ],
          name: "ann",
        },
        {
          role: "assistant",
          content: null,
          reasoning_content: "hm",
          tool_calls: [{ id: "c1", type: "function", function: { name: "add", arguments: "{}" } }],
        },
        { role: "tool", tool_call_id: "c1", content: "3" },
        { role: "assistant", content: "", function_call: { name: "sub", arguments: "{}" } },
        { role: "function", name: "sub", content: "4" },
        { role: "assistant", content: null, refusal: "no", reasoning: "why" },
      ],
    });
    expect(request?.input).toMatchObject({
      messages: [
        { role: "system", content: "be brief" },
        { role: "user", content: "a\nb", name: "ann" },
        {
          role: "assistant",
          content: "",
          reasoning: "hm",
          toolCalls: [{ id: "c1", name: "add", arguments: "{}" }],
        },
        { role: "tool", toolCallId: "c1", content: "3" },
        { role: "assistant", content: "", toolCalls: [{ id: "call_4", name: "sub", arguments: "{}" }] },
        { role: "tool", toolCallId: "call_4", content: "4", name: "sub" },
        { role: "assistant", content: "no", reasoning: "why" },
      ],
    });
  });
});

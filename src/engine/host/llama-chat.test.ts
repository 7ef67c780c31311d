import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { AppError } from "../../base/index.ts";
import type { JsonObject } from "../../contract/index.ts";
import { findTestModel } from "../../testing/index.ts";
import type { AnswerDelta, Backend, ChatRenderRequest, RenderedChat } from "./backend.ts";
import {
  chatRequest,
  generate,
  loadTestBackend,
  planTestContext,
  samplerOptions,
  toText,
} from "./llama-fixture.ts";

function tool(name: string, description: string, properties: JsonObject, required: string[]): JsonObject {
  return {
    type: "function",
    function: { name, description, parameters: { type: "object", properties, required } },
  };
}

const readFile = tool("read_file", "Read a file from disk", { path: { type: "string" } }, ["path"]);
const tools = [
  readFile,
  tool("bash", "Run a shell command", { command: { type: "string" } }, ["command"]),
  tool("grep", "Search for a pattern", { pattern: { type: "string" }, path: { type: "string" } }, [
    "pattern",
  ]),
];

function errorOf(action: () => unknown): AppError {
  try {
    action();
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

/** What a client has after all deltas. */
function collect(deltas: readonly AnswerDelta[]) {
  const calls: { id: string; name: string; arguments: string }[] = [];
  let text = "";
  let reasoning = "";
  for (const delta of deltas) {
    if (delta.type === "text") text += delta.text;
    else if (delta.type === "reasoning") reasoning += delta.text;
    else {
      calls[delta.index] ??= { id: delta.id ?? "", name: delta.name ?? "", arguments: "" };
      const call = calls[delta.index];
      if (call) call.arguments += delta.argumentsDelta;
    }
  }
  return { text, reasoning, calls };
}

/** Feeds an answer to its parser as it grows, some characters at a time. */
function parseStreamed(rendered: RenderedChat, answer: string, step = 3): AnswerDelta[] {
  const parser = rendered.createParser?.();
  if (!parser) throw new Error("the answer is plain text");
  const deltas: AnswerDelta[] = [];
  for (let end = step; end < answer.length; end += step)
    deltas.push(...parser.parse(answer.slice(0, end), { final: false }));
  deltas.push(...parser.parse(answer, { final: true }));
  parser.free();
  return deltas;
}

function render(backend: Backend, content: string, more: Partial<ChatRenderRequest> = {}): RenderedChat {
  const rendered = backend.chat?.render(chatRequest(content, more));
  if (!rendered) throw new Error(backend.chatProblem ?? "no chat");
  return rendered;
}

function answer(backend: Backend, rendered: RenderedChat, maxTokens = 200): string {
  const prompt = backend.tokenize(rendered.prompt, { addSpecial: true, parseSpecial: true });
  const more = {
    generationPrompt: rendered.generationPrompt,
    ...(rendered.grammar && { grammar: rendered.grammar }),
  };
  const sampler = backend.createSampler(samplerOptions({ temperature: 0 }, more));
  const text = toText(backend, generate(backend, prompt, sampler, maxTokens), rendered.preservedTokens);
  expect(sampler.lastError).toBeUndefined();
  sampler.free();
  return text;
}

describe("the chat template of the built-in model", () => {
  let backend: Backend;
  beforeAll(() => {
    backend = loadTestBackend({ context: planTestContext(2048) });
  });
  afterAll(() => backend.free());

  test("renders messages, and needs no parser where the answer is plain text", () => {
    const rendered = render(backend, "Hi");
    expect(rendered.prompt).toBe("<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n");
    expect(rendered.generationPrompt).toBe("<|im_start|>assistant\n");
    expect(rendered.createParser).toBeUndefined();
    expect(rendered.grammar).toBeUndefined();
  });

  test("renders the same with and without the analysis that tools need", () => {
    const messages = [
      { role: "system", content: "Be brief." },
      { role: "user", content: "One\n\nTwo" },
      { role: "assistant", content: "Three" },
      { role: "user", content: "  Four  " },
    ];
    const analysed = render(backend, "", { messages, templateVariables: { unused: 1 } });
    expect(render(backend, "", { messages }).prompt).toBe(analysed.prompt);
  });

  test("keeps NUL, control characters and lone surrogates of a message", () => {
    const rendered = render(backend, "a\u0000b\u0007\u001b[0m ü 👍");
    expect(rendered.prompt).toContain("a\u0000b\u0007\u001b[0m ü 👍");
    expect(render(backend, "\ud800").prompt).toContain("\ufffd");
  });

  test("calls a tool of its own accord and is read back as a call", () => {
    const rendered = render(backend, "Please read the file package.json", { tools });
    expect(rendered.grammar?.lazy).toBe(true);
    const { text, calls } = collect(parseStreamed(rendered, answer(backend, rendered)));
    expect(text.trim()).toBe("");
    expect(calls).toHaveLength(1);
    expect(calls[0]).toMatchObject({
      name: "read_file",
      id: expect.stringMatching(/^call_[0-9A-Za-z]{24}$/),
    });
    expect(JSON.parse(calls[0]?.arguments ?? "")).toEqual({ path: "package.json" });
  });

  test("is held to a call by a strict grammar when one is required", () => {
    const rendered = render(backend, "Who are you?", { tools: [readFile], toolChoice: "required" });
    expect(rendered.grammar?.lazy).toBe(false);
    const { calls } = collect(parseStreamed(rendered, answer(backend, rendered)));
    expect(calls.map(({ name }) => name)).toEqual(["read_file"]);
    expect(typeof JSON.parse(calls[0]?.arguments ?? "").path).toBe("string");
  });

  test("answers in text with tools at hand that it must not call", () => {
    const rendered = render(backend, "Please read the file package.json", { tools, toolChoice: "none" });
    expect(rendered.grammar).toBeUndefined();
    expect(rendered.createParser).toBeUndefined();
  });

  test("is held to a JSON schema", () => {
    const schema = {
      type: "object",
      properties: { name: { type: "string", maxLength: 8 }, age: { type: "integer" } },
      required: ["name", "age"],
      additionalProperties: false,
    };
    const rendered = render(backend, "Dana is 31 years old.", { jsonSchema: JSON.stringify(schema) });
    const text = answer(backend, rendered);
    const deltas = rendered.createParser ? parseStreamed(rendered, text) : [{ type: "text", text } as const];
    expect(Object.keys(JSON.parse(collect(deltas).text))).toEqual(["name", "age"]);
  });

  test("gives each of several parallel calls its own index and id, announced once", () => {
    const rendered = render(backend, "Do both", { tools, parallelToolCalls: true });
    const call = (name: string, value: object) =>
      `<tool_call>\n${JSON.stringify({ name, arguments: value })}\n</tool_call>`;
    const deltas = parseStreamed(
      rendered,
      `${call("read_file", { path: "a" })}\n${call("bash", { command: "ls" })}`,
    );
    const { calls } = collect(deltas);
    expect(calls.map(({ name }) => name)).toEqual(["read_file", "bash"]);
    expect(calls.map((made) => JSON.parse(made.arguments))).toEqual([{ path: "a" }, { command: "ls" }]);
    expect(calls[0]?.id).not.toBe(calls[1]?.id ?? "");
    expect(deltas.filter((delta) => delta.type === "tool-call" && delta.name !== undefined)).toHaveLength(2);
  });

  test("gives out text before a call as it comes", () => {
    const rendered = render(backend, "Read it", { tools });
    const parser = rendered.createParser?.();
    expect(collect(parser?.parse("Let me look.", { final: false }) ?? []).text).toBe("Let me look.");
    parser?.free();
  });

  test.each([
    ["a call that is cut off", '<tool_call>\n{"name": "read_file", "argu', ""],
    ["a call that is no JSON", "Sure. <tool_call>\nnot json at all</tool_call> done", ""],
    ["a call of an unknown tool", '<tool_call>\n{"name": "fly", "arguments": {}}\n</tool_call>', "fly"],
    ["an end tag without a start", "Hello </tool_call>", "Hello"],
  ])("gives back as text, once, %s", (_, text, part) => {
    const rendered = render(backend, "Read it", { tools });
    for (const step of [1, 5, text.length]) {
      const result = collect(parseStreamed(rendered, text, step));
      const seen = result.text + result.calls.map((call) => call.name + call.arguments).join("");
      expect(seen).toContain(part);
      expect(result.calls).toHaveLength(0);
      expect(result.text).toBe(text);
    }
  });

  test("gives back as text a call whose arguments nest without end", () => {
    const rendered = render(backend, "Read it", {
      tools: [tool("anything", "Takes anything", { value: {} }, ["value"])],
    });
    const text = `<tool_call>\n{"name": "anything", "arguments": {"value": ${"[".repeat(50_000)}`;
    const { calls, text: rest } = collect(parseStreamed(rendered, text, text.length));
    expect(calls).toHaveLength(0);
    expect(rest).toBe(text);
  });

  test("continues the last assistant message", () => {
    const messages = [
      { role: "user", content: "Count" },
      { role: "assistant", content: "one, two" },
    ];
    const rendered = render(backend, "", {
      messages,
      continueFinalMessage: true,
      addGenerationPrompt: false,
    });
    expect(rendered.prompt).toEndWith("<|im_start|>assistant\none, two");
    const deltas = rendered.createParser
      ? parseStreamed(rendered, ", three")
      : [{ type: "text", text: ", three" } as const];
    expect(collect(deltas).text).toBe(", three");
  });

  test.each<[string, Partial<ChatRenderRequest>]>([
    ["no messages", { messages: [] }],
    ["a message without a role", { messages: [{ content: "x" }] }],
    ["a grammar together with tools", { tools, grammar: 'root ::= "a"' }],
    ["a grammar together with a schema", { grammar: 'root ::= "a"', jsonSchema: "{}" }],
    ["a schema that is no object", { jsonSchema: "[]" }],
    ["a schema that cannot be enforced", { jsonSchema: '{"type":"string","pattern":"unanchored"}' }],
    ["a schema that cannot be compiled", { jsonSchema: '{"type":"nonsense"}' }],
    ["a continued user message", { continueFinalMessage: true, addGenerationPrompt: false }],
    [
      "continuing and beginning at once",
      { continueFinalMessage: true, messages: [{ role: "assistant", content: "x" }] },
    ],
    ["tools that nest too deep", { tools: [JSON.parse(`${'{"a":'.repeat(3000)}1${"}".repeat(3000)}`)] }],
    [
      "a past call whose arguments nest too deep",
      {
        messages: [
          {
            role: "assistant",
            content: "",
            tool_calls: [
              { id: "c", type: "function", function: { name: "f", arguments: "[".repeat(200_000) } },
            ],
          },
        ],
      },
    ],
  ])("refuses %s", (_, more) => {
    expect(errorOf(() => render(backend, "Hi", more)).code).toBe("invalid_request");
  });

  test("renders a history with a tool call and its result", () => {
    const messages = [
      { role: "user", content: "Read a" },
      {
        role: "assistant",
        content: "",
        tool_calls: [
          { id: "c1", type: "function", function: { name: "read_file", arguments: '{"path":"a"}' } },
        ],
      },
      { role: "tool", tool_call_id: "c1", content: "contents of a" },
    ];
    const { prompt } = render(backend, "", { messages, tools });
    expect(prompt).toContain("read_file");
    expect(prompt).toContain("contents of a");
  });
});

describe("a given chat template", () => {
  test("shows its own words where it refuses the messages", () => {
    const chatTemplate =
      "{% for m in messages %}{% if 'secret' in m.content %}{{ raise_exception('secrets are not welcome') }}{% endif %}[{{ m.role }}]{{ m.content }}{% endfor %}{% if add_generation_prompt %}[assistant]{% endif %}";
    const backend = loadTestBackend({ chatTemplate });
    expect(render(backend, "hello").prompt).toBe("[user]hello[assistant]");
    expect(errorOf(() => render(backend, "a secret")).message).toContain("secrets are not welcome");
    expect(errorOf(() => render(backend, "Read it", { tools })).message).toContain("no tools");
    backend.free();
  });

  test("with thinking splits reasoning from the answer, or leaves it inline", () => {
    const chatTemplate =
      "{% for m in messages %}<|im_start|>{{ m.role }}\n{% if m.role == 'assistant' and m.reasoning_content %}<think>\n{{ m.reasoning_content }}\n</think>\n\n{% endif %}{{ m.content }}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% if enable_thinking is defined and enable_thinking is false %}<think>\n\n</think>\n\n{% endif %}{% endif %}";
    const backend = loadTestBackend({ chatTemplate });
    expect(backend.model.capabilities.reasoning).toBe(true);
    const split = render(backend, "Why?");
    expect(split.reasoningTags).toEqual({ start: "<think>", ends: ["</think>"] });
    const result = collect(parseStreamed(split, "<think>\nbecause of reasons\n</think>\n\nIt is so."));
    expect(result.reasoning.trim()).toBe("because of reasons");
    expect(result.text).toBe("It is so.");
    expect(render(backend, "Why?", { reasoningEnabled: false }).prompt).toEndWith("</think>\n\n");
    const inline = render(backend, "Why?", { reasoningFormat: "inline" });
    expect(collect(parseStreamed(inline, "<think>\na\n</think>\n\nb")).text).toContain("<think>");

    backend.free();
  });
});

test("a reasoning budget that is used up forces the end of reasoning", () => {
  const backend = loadTestBackend();
  const reasoningBudget = { tokens: 5, startTag: "<think>", endTags: ["</think>"] };
  const options = samplerOptions(
    { temperature: 0, ignoreEndOfSequence: true },
    { reasoningBudget, generationPrompt: "<think>" },
  );
  const prompt = backend.tokenize("<|im_start|>assistant\n<think>", { addSpecial: true, parseSpecial: true });
  const tokens = generate(backend, prompt, backend.createSampler(options), 30);
  expect(toText(backend, tokens.slice(0, 5))).not.toContain("</think>");
  expect(toText(backend, tokens.slice(5))).toStartWith("</think>");
  backend.free();
});

const templateless = findTestModel("stories260K.gguf");
test.skipIf(!templateless)("a model without a template is prompted in ChatML", () => {
  const backend = loadTestBackend({ modelPath: templateless ?? "" });
  expect(render(backend, "hi").prompt).toBe("<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n");
  backend.free();
});

const witless = findTestModel("llama-2-tiny-random.gguf");
test.skipIf(!witless)("a strict schema holds for a model of random weights without a template", () => {
  const backend = loadTestBackend({ modelPath: witless ?? "", context: planTestContext(1024, 512) });
  const schema = {
    type: "object",
    properties: { a: { type: "boolean" }, b: { enum: ["x", "y"] } },
    required: ["a", "b"],
    additionalProperties: false,
  };
  const { prompt, grammar } = render(backend, "hi", { jsonSchema: JSON.stringify(schema) });
  for (let seed = 0; seed < 5; seed++) {
    const sampler = backend.createSampler({
      sampling: { temperature: 1 },
      seed,
      generationPrompt: "",
      entropy: false,
      ...(grammar && { grammar }),
    });
    const tokens = backend.tokenize(prompt, { addSpecial: true, parseSpecial: true });
    const answer: unknown = JSON.parse(toText(backend, generate(backend, tokens, sampler, 200)));
    expect(answer).toEqual({ a: expect.any(Boolean), b: expect.stringMatching(/^[xy]$/) });
  }
  backend.free();
});

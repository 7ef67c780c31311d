import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { AppError } from "../../base/index.ts";
import type { ChatInput, GenerateRequest, Message } from "../../contract/index.ts";
import { createChatRequest, findTestModel } from "../../testing/index.ts";
import { AdapterTable } from "./adapters.ts";
import type { Backend } from "./backend.ts";
import { loadTestBackend, planTestContext, toText } from "./llama-fixture.ts";
import { type PreparedRequest, prepareRequest, renderPrompt } from "./prepare.ts";

const specials = { addSpecial: false, parseSpecial: true };
const chatMl = "<|im_start|>user\nReply with exactly: pong-42<|im_end|>\n<|im_start|>assistant\n";
const readFile = {
  name: "read_file",
  parameters: { type: "object", properties: { path: { type: "string" } }, required: ["path"] },
};

function ask(changes: Partial<ChatInput>, more: Partial<GenerateRequest> = {}): GenerateRequest {
  const request = createChatRequest("Reply with exactly: pong-42", more);
  return { ...request, input: { ...(request.input as ChatInput), ...changes } };
}

function prepare(backend: Backend, request: GenerateRequest): PreparedRequest {
  const adapters = new AdapterTable(backend, { adapters: [], defaultAdapters: [] });
  return prepareRequest({ backend, contextTokens: backend.context.sequenceTokens, adapters }, request);
}

function refusal(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof AppError && error.code === "invalid_request") return error.message;
    throw error;
  }
  throw new Error("it was not refused");
}

describe("a prompt that was rendered elsewhere", () => {
  let backend: Backend;
  beforeAll(() => {
    backend = loadTestBackend();
  });
  afterAll(() => backend.free());

  test("takes the place of the template's, special tokens read as such", () => {
    const renderedPrompt = `<|im_start|>user\nanother question<|im_end|>\n<|im_start|>assistant\n`;
    const { tokens } = prepare(backend, ask({ renderedPrompt }));
    expect([...tokens]).toEqual([...backend.tokenize(renderedPrompt, specials)]);
    expect(renderPrompt(backend, ask({ renderedPrompt }))).toBe(renderedPrompt);
  });

  test("that is the template's own gives the same tokens", () => {
    expect(prepare(backend, ask({ renderedPrompt: chatMl })).tokens).toEqual(
      prepare(backend, ask({})).tokens,
    );
  });

  test("keeps the template's grammar and its reading of tool calls", () => {
    const changes: Partial<ChatInput> = { tools: [readFile], toolChoice: "required" };
    const rendered = prepare(backend, ask({ ...changes, renderedPrompt: chatMl }));
    const usual = prepare(backend, ask(changes));
    expect(rendered.samplerOptions(0).grammar).toEqual(usual.samplerOptions(0).grammar);
    expect(rendered.samplerOptions(0).grammar).toBeDefined();
    const parser = rendered.createParser?.();
    const call = '<tool_call>\n{"name": "read_file", "arguments": {"path": "a.txt"}}\n</tool_call>';
    expect(parser?.parse(call, { final: true })).toMatchObject([{ type: "tool-call", name: "read_file" }]);
    parser?.free();
  });

  test("of no text is refused where the tokeniser adds nothing", () => {
    expect(refusal(() => prepare(backend, ask({ renderedPrompt: "" })))).toContain("empty");
  });
});

describe("a prompt that was rendered elsewhere, for a model whose template does not work", () => {
  let backend: Backend;
  beforeAll(() => {
    backend = loadTestBackend({ chatTemplate: "{% for message in messages %}{{ message.content" });
  });
  afterAll(() => backend.free());

  test("is answered as plain text, with a schema where one is given", () => {
    const schema = { type: "object", properties: { a: { type: "integer" } } } as const;
    const prepared = prepare(
      backend,
      ask({ renderedPrompt: chatMl }, { constraint: { type: "json-schema", schema } }),
    );
    expect(prepared.createParser).toBeUndefined();
    expect(prepared.samplerOptions(0).grammar?.text).toContain("root ::=");
    expect([...prepared.tokens]).toEqual([...backend.tokenize(chatMl, specials)]);
    expect(renderPrompt(backend, ask({ renderedPrompt: chatMl }))).toBe(chatMl);
  });

  test("is refused with tools, and so is a chat without it", () => {
    expect(refusal(() => prepare(backend, ask({ renderedPrompt: chatMl, tools: [readFile] })))).toContain(
      "tools",
    );
    expect(
      prepare(backend, ask({ renderedPrompt: chatMl, tools: [readFile], toolChoice: "none" })).stops,
    ).toEqual([]);
    expect(refusal(() => prepare(backend, ask({})))).toContain("template");
  });
});

test("a template that refuses the turns does not keep a prompt rendered elsewhere from being answered", () => {
  const chatTemplate =
    "{% for message in messages %}{% if message.content == 'twice' %}{{ raise_exception('roles must alternate') }}{% endif %}" +
    "[{{ message.content }}]{% endfor %}";
  const backend = loadTestBackend({ chatTemplate });
  const messages: Message[] = [
    { role: "user", content: "hello" },
    { role: "user", content: "twice" },
  ];
  expect(refusal(() => prepare(backend, ask({ messages })))).toContain("roles must alternate");
  const { tokens } = prepare(backend, ask({ messages, renderedPrompt: "hello, twice" }));
  expect(toText(backend, [...tokens])).toBe("hello, twice");
  backend.free();
});

const withBos = findTestModel("stories260K-ctx512-chat.gguf");
test.skipIf(!withBos)("the token that begins a text is there once, whether or not the prompt has it", () => {
  const backend = loadTestBackend({ modelPath: withBos ?? "", context: planTestContext(512) });
  const bos = backend.model.bosToken ?? -1;
  const text = Buffer.from(backend.piece(bos, true)).toString();
  expect(backend.model.addsBos).toBe(true);
  for (const renderedPrompt of ["Once upon a time", `${text}Once upon a time`]) {
    const { tokens } = prepare(backend, ask({ renderedPrompt }));
    expect([...tokens].filter((token) => token === bos)).toHaveLength(1);
    expect(tokens[0]).toBe(bos);
  }
  backend.free();
});

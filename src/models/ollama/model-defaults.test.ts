import { describe, expect, test } from "bun:test";
import { AppError } from "../../base/index.ts";
import type { ChatInput, GenerateRequest } from "../../contract/index.ts";
import type { ModelSettings } from "../record.ts";
import { applySettings, readLoadSettings, renderInput } from "./model-defaults.ts";

const chat: ChatInput = {
  type: "chat",
  messages: [{ role: "user", content: "Hi" }],
  tools: [],
  toolChoice: "auto",
  parallelToolCalls: true,
  reasoning: { format: "split" },
  templateVariables: {},
  continueFinalMessage: false,
  addGenerationPrompt: true,
};

const request: GenerateRequest = {
  id: "r",
  model: "m",
  input: chat,
  sampling: {},
  stop: [],
  choices: 1,
  entropy: false,
  promptLogprobs: false,
  priority: "interactive",
  tenant: "t",
  cachePrompt: true,
};

function messagesOf({ input }: GenerateRequest): readonly string[] {
  return input.type === "chat" ? input.messages.map(({ role, content }) => `${role}: ${content}`) : [];
}

function promptOf(settings: ModelSettings, input: Partial<ChatInput> = {}): string | undefined {
  return renderInput(settings, { ...chat, ...input }).renderedPrompt;
}

test("a model without settings changes nothing", () => {
  expect(applySettings({}, request)).toEqual(request);
});

describe("the request's own wishes come before the model's", () => {
  const settings = {
    parameters: {
      temperature: 0.1,
      top_k: 7,
      num_predict: 5,
      num_ctx: 512,
      stop: ["X"],
      num_gpu: 3,
      num_thread: 2,
    },
  };

  test("where it has some", () => {
    const own = { sampling: { temperature: 0.9 }, maxTokens: 9, contextTokens: 99, stop: ["Y"] };
    expect(applySettings(settings, { ...request, ...own })).toEqual({
      ...request,
      ...own,
      sampling: { temperature: 0.9, topK: 7 },
    });
  });

  test("where it has none", () => {
    expect(applySettings(settings, request)).toEqual({
      ...request,
      sampling: { temperature: 0.1, topK: 7 },
      maxTokens: 5,
      contextTokens: 512,
      stop: ["X"],
    });
  });

  test("where it asks for no limit", () => {
    const { maxTokens } = applySettings(settings, { ...request, maxTokens: Number.POSITIVE_INFINITY });
    expect(maxTokens).toBeUndefined();
  });

  test("and what concerns loading is told apart", () => {
    expect(readLoadSettings(settings)).toEqual({ contextTokens: 512, gpuLayers: 3, threads: 2 });
    expect(readLoadSettings({})).toEqual({});
  });
});

describe("SYSTEM and MESSAGE come before the conversation", () => {
  const settings: ModelSettings = {
    system: "Be brief.",
    messages: [
      { role: "user", content: "1+1" },
      { role: "assistant", content: "2" },
    ],
  };

  test("both", () => {
    expect(messagesOf(applySettings(settings, request))).toEqual([
      "system: Be brief.",
      "user: 1+1",
      "assistant: 2",
      "user: Hi",
    ]);
  });

  test("without SYSTEM where the conversation begins with its own", () => {
    const messages = [{ role: "system" as const, content: "Shout." }, ...chat.messages];
    expect(messagesOf(applySettings(settings, { ...request, input: { ...chat, messages } }))).toEqual([
      "user: 1+1",
      "assistant: 2",
      "system: Shout.",
      "user: Hi",
    ]);
  });

  test("not before plain text", () => {
    const input = { type: "text", text: "Hi" } as const;
    expect(applySettings(settings, { ...request, input }).input).toEqual(input);
  });
});

describe("TEMPLATE makes the prompt", () => {
  test("of the conversation with SYSTEM in it", () => {
    const { input } = applySettings({ system: "S", template: "[{{ .System }}|{{ .Prompt }}]" }, request);
    expect(input.type === "chat" && input.renderedPrompt).toBe("[S|Hi]");
  });

  test("or leaves it to the model's file where there is none", () => {
    expect(renderInput({ system: "S" }, chat)).toBe(chat);
  });

  test("of a text to fill in, where it can", () => {
    const input = { type: "infill", prefix: "a", suffix: "b" } as const;
    const apply = (template: string) => applySettings({ template }, { ...request, input }).input;
    expect(apply("{{ .Prompt }}<FILL>{{ .Suffix }}<M>")).toEqual({ type: "text", text: "a<FILL>b<M>" });
    expect(apply("{{ .Prompt }}")).toEqual(input);
  });

  const thinking =
    "{{ range .Messages }}{{ .Thinking }}{{ end }}{{ .IsThinkSet }} {{ .Think }} {{ .ThinkLevel }}";

  test("with thinking as it is asked for, and on where nothing is said", () => {
    const think = (reasoning: Partial<ChatInput["reasoning"]>) =>
      promptOf({ template: thinking }, { reasoning: { format: "split", ...reasoning } });
    expect(think({})).toBe("true true ");
    expect(think({ enabled: false })).toBe("true false ");
    expect(think({ enabled: true, effort: "high" })).toBe("true true high");
    expect(promptOf({ template: thinking }, { templateVariables: { enable_thinking: false } })).toBe(
      "true false ",
    );
    expect(promptOf({ template: "{{ .IsThinkSet }}{{ .Prompt }}" })).toBe("falseHi");
  });

  test("with tools only where it has a place for them", () => {
    const tools = [{ name: "f" }];
    const plain = { template: "{{ .Prompt }}" };
    expect(() => promptOf(plain, { tools })).toThrow(AppError);
    expect(() => promptOf(plain, { tools })).toThrow("does not support tools");
    const answered = [...chat.messages, { role: "tool" as const, content: "21" }];
    expect(() => promptOf(plain, { messages: answered })).toThrow("does not support tools");
    expect(promptOf(plain, { tools, toolChoice: "none" })).toBe("Hi");
    const able = { template: "{{ range .Messages }}{{ .Content }}{{ end }}{{ len .Tools }}" };
    expect(promptOf(able, { tools })).toBe("Hi1");
    expect(promptOf(able, { tools, toolChoice: "none" })).toBe("Hi0");
  });

  test("and refuses variables that only a Jinja template knows", () => {
    expect(() => promptOf({ template: "{{ .Prompt }}" }, { templateVariables: { mood: "good" } })).toThrow(
      "mood",
    );
  });

  test("of as many models as there are", () => {
    for (let round = 0; round < 2; round++) {
      for (let model = 0; model < 50; model++) {
        expect(promptOf({ template: `${model}: {{ .Prompt }}` })).toBe(`${model}: Hi`);
      }
    }
  });
});

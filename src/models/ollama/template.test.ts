import { describe, expect, test } from "bun:test";
import { AppError } from "../../base/index.ts";
import type { Message, Tool } from "../../contract/index.ts";
import { type PromptInput, parseOllamaTemplate, renderOllamaInfill, renderOllamaPrompt } from "./template.ts";

const weather: Tool = {
  name: "get_weather",
  description: "Tells the weather",
  parameters: {
    type: "object",
    properties: {
      unit: { type: "string", enum: ["C", "F"] },
      city: { type: "string", description: "Where <it> is" },
    },
    required: ["city"],
    additionalProperties: false,
  },
};

const call: Message = {
  role: "assistant",
  content: "",
  reasoning: "I look it up.",
  toolCalls: [{ id: "call_1", name: "get_weather", arguments: '{"unit":"C", "city":"Rome"}' }],
};

function render(template: string, messages: readonly Message[], input: Partial<PromptInput> = {}): string {
  return renderOllamaPrompt(parseOllamaTemplate(template), {
    messages,
    tools: [],
    addGenerationPrompt: true,
    continueFinalMessage: false,
    now: new Date(2026, 0, 2),
    ...input,
  });
}

const talk: readonly Message[] = [
  { role: "system", content: "Be brief." },
  { role: "user", content: "Hi" },
  { role: "assistant", content: "Hello" },
  { role: "user", content: "Bye" },
];

describe("a template of one turn is run once a turn, and cut where the answer begins", () => {
  const turn = `{{ if .System }}<|im_start|>system
{{ .System }}<|im_end|>
{{ end }}{{ if .Prompt }}<|im_start|>user
{{ .Prompt }}<|im_end|>
{{ end }}<|im_start|>assistant
{{ .Response }}<|im_end|>
`;

  test("with a system message in the first turn", () => {
    expect(render(turn, talk)).toBe(
      "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\nHello<|im_end|>\n" +
        "<|im_start|>user\nBye<|im_end|>\n<|im_start|>assistant\n",
    );
  });

  test("with the assistant's last message begun", () => {
    expect(
      render(turn, [...talk, { role: "assistant", content: "See " }], { continueFinalMessage: true }),
    ).toEndWith("<|im_start|>user\nBye<|im_end|>\n<|im_start|>assistant\nSee ");
  });

  test("with a system message in the middle, which begins a turn", () => {
    const shouted: Message[] = [
      { role: "user", content: "a" },
      { role: "system", content: "b" },
      { role: "user", content: "c" },
    ];
    expect(render("[{{ .System }}|{{ .Prompt }}|{{ .Response }}]", shouted)).toBe("[|a|][b|c|");
  });

  test("with messages of one role in a row as one", () => {
    expect(
      render("<{{ .Prompt }}>{{ .Response }}", [
        { role: "user", content: "a" },
        { role: "user", content: "b" },
      ]),
    ).toBe("<a\n\nb>");
  });

  test("with the answer at the end where the template names no place for it", () => {
    expect(render("Q: {{ .Prompt }}\nA: ", talk)).toBe("Q: Hi\nA: HelloQ: Bye\nA: ");
  });

  test("with the branch that holds the answer left open", () => {
    expect(render("{{ if .Prompt }}U {{ .Prompt }} A {{ .Response }} E{{ else }}x{{ end }} Z", talk)).toBe(
      "U Hi A Hello E ZU Bye A ",
    );
  });
});

describe("a template of a conversation is run once", () => {
  const llama = `{{- range $i, $m := .Messages }}<|start_header_id|>{{ $m.Role }}<|end_header_id|>

{{ $m.Content }}
{{- if ne (len (slice $.Messages $i)) 1 }}<|eot_id|>{{ else if ne $m.Role "assistant" }}<|eot_id|><|start_header_id|>assistant<|end_header_id|>

{{ end }}{{ end }}`;

  test("with headers, in the style of Llama 3", () => {
    expect(render(llama, talk)).toBe(
      "<|start_header_id|>system<|end_header_id|>\n\nBe brief.<|eot_id|>" +
        "<|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|>" +
        "<|start_header_id|>assistant<|end_header_id|>\n\nHello<|eot_id|>" +
        "<|start_header_id|>user<|end_header_id|>\n\nBye<|eot_id|>" +
        "<|start_header_id|>assistant<|end_header_id|>\n\n",
    );
  });

  test("with a last message of the assistant left open", () => {
    const open = render(llama, [...talk, { role: "assistant", content: "See" }]);
    expect(open).toEndWith("Bye<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\nSee");
  });

  test("with the system text in the last user message and the tools before it, in the style of Mistral", () => {
    const mistral = `{{- range $i, $_ := .Messages }}
{{- if eq .Role "user" }}
{{- if and $.Tools (le (len (slice $.Messages $i)) 2) }}[AVAILABLE_TOOLS] {{ $.Tools }}[/AVAILABLE_TOOLS]
{{- end }}[INST] {{ if and $.System (eq (len (slice $.Messages $i)) 1) }}{{ $.System }}

{{ end }}{{ .Content }}[/INST]
{{- else if eq .Role "assistant" }}
{{- if .Content }} {{ .Content }}</s>
{{- else if .ToolCalls }}[TOOL_CALLS] [
{{- range .ToolCalls }}{"name": "{{ .Function.Name }}", "arguments": {{ json .Function.Arguments }}}
{{- end }}]</s>
{{- end }}
{{- else if eq .Role "tool" }}[TOOL_RESULTS] {"content": {{ .Content }}}[/TOOL_RESULTS]
{{- end }}
{{- end }}`;
    expect(render(mistral, talk)).toBe("[INST] Hi[/INST] Hello</s>[INST] Be brief.\n\nBye[/INST]");
    const withTools = render(
      mistral,
      [{ role: "user", content: "Rome?" }, call, { role: "tool", content: "21", toolCallId: "call_1" }],
      { tools: [{ name: "f", parameters: { type: "object", properties: {} } }] },
    );
    expect(withTools).toBe(
      "[INST] Rome?[/INST]" +
        '[TOOL_CALLS] [{"name": "get_weather", "arguments": {"city":"Rome","unit":"C"}}]</s>' +
        '[TOOL_RESULTS] {"content": 21}[/TOOL_RESULTS]',
    );
  });

  test("with roles renamed, in the style of Gemma", () => {
    const gemma = `{{- $system := .System }}
{{- range $i, $m := .Messages }}
{{- if eq .Role "system" }}{{ continue }}{{ end }}<start_of_turn>
{{- if eq .Role "user" }}user
{{ if $system }}{{ $system }}

{{ $system = "" }}{{ end }}{{ .Content }}
{{- else }}model
{{ .Content }}
{{- end }}<end_of_turn>
{{ end }}<start_of_turn>model
`;
    expect(render(gemma, talk)).toBe(
      "<start_of_turn>user\nBe brief.\n\nHi<end_of_turn>\n<start_of_turn>model\nHello<end_of_turn>\n" +
        "<start_of_turn>user\nBye<end_of_turn>\n<start_of_turn>model\n",
    );
  });
});

describe("a template with tools and thinking, in the style of Qwen 3", () => {
  const qwen = `{{- $lastUser := -1 }}
{{- range $i, $m := .Messages }}{{ if eq $m.Role "user" }}{{ $lastUser = $i }}{{ end }}{{ end }}
{{- if or .System .Tools }}<|im_start|>system
{{ if .System }}{{ .System }}
{{ end }}
{{- if .Tools }}# Tools
<tools>
{{- range .Tools }}
{"type": "function", "function": {{ .Function }}}
{{- end }}
</tools>
{{- end }}<|im_end|>
{{ end }}
{{- range $i, $_ := .Messages }}
{{- $last := eq (len (slice $.Messages $i)) 1 }}
{{- if eq .Role "user" }}<|im_start|>user
{{ .Content }}{{ if and $.IsThinkSet (eq $i $lastUser) }}{{ if $.Think }} /think{{ else }} /no_think{{ end }}{{ end }}<|im_end|>
{{ else if eq .Role "assistant" }}<|im_start|>assistant
{{ if and $.IsThinkSet .Thinking (or $last (gt $i $lastUser)) }}<think>{{ .Thinking }}</think>
{{ end }}{{ .Content }}
{{- range .ToolCalls }}<tool_call>
{"name": "{{ .Function.Name }}", "arguments": {{ .Function.Arguments }}}
</tool_call>{{ end }}{{ if not $last }}<|im_end|>
{{ end }}
{{- else if eq .Role "tool" }}<|im_start|>user
<tool_response name="{{ .ToolName }}">
{{ .Content }}
</tool_response><|im_end|>
{{ end }}
{{- if and $last (ne .Role "assistant") }}<|im_start|>assistant
{{ if and $.IsThinkSet (not $.Think) }}<think>

</think>

{{ end }}{{ end }}{{ end }}`;

  test("shows tools, calls and results", () => {
    const prompt = render(
      qwen,
      [
        { role: "user", content: "Rome?" },
        call,
        { role: "tool", content: "21", toolCallId: "call_1" },
        { role: "tool", content: "sunny", toolCallId: "call_1" },
      ],
      { tools: [weather], think: true },
    );
    expect(prompt).toBe(
      "<|im_start|>system\n# Tools\n<tools>\n" +
        '{"type": "function", "function": {"name":"get_weather","description":"Tells the weather","parameters":' +
        '{"type":"object","required":["city"],"properties":{"city":{"type":"string","description":"Where \\u003cit\\u003e is"},' +
        '"unit":{"type":"string","enum":["C","F"]}},"additionalProperties":false}}}\n' +
        "</tools><|im_end|>\n" +
        "<|im_start|>user\nRome? /think<|im_end|>\n" +
        "<|im_start|>assistant\n<think>I look it up.</think>\n<tool_call>\n" +
        '{"name": "get_weather", "arguments": {"city":"Rome","unit":"C"}}\n</tool_call><|im_end|>\n' +
        '<|im_start|>user\n<tool_response name="get_weather">\n21\n</tool_response><|im_end|>\n' +
        '<|im_start|>user\n<tool_response name="get_weather">\nsunny\n</tool_response><|im_end|>\n' +
        "<|im_start|>assistant\n",
    );
  });

  test("thinks, does not, or is not told", () => {
    const ask: Message[] = [{ role: "user", content: "Hi" }];
    expect(render(qwen, ask, { think: true })).toEndWith("Hi /think<|im_end|>\n<|im_start|>assistant\n");
    expect(render(qwen, ask, { think: false })).toEndWith(
      "/no_think<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n",
    );
    expect(render(qwen, ask)).toEndWith("user\nHi<|im_end|>\n<|im_start|>assistant\n");
  });

  test("is known for what it uses", () => {
    expect(parseOllamaTemplate(qwen).uses).toEqual({
      messages: true,
      tools: true,
      suffix: false,
      thinking: true,
    });
  });
});

test("types of tool arguments are written in TypeScript", () => {
  const template = `{{ range .Messages }}{{ end }}{{ range .Tools }}{{ range $name, $p := .Function.Parameters.Properties }}{{ $name }}: {{ toTypeScriptType $p }} ({{ $p.Type }}); {{ end }}{{ end }}`;
  const parameters = {
    type: "object",
    properties: {
      a: { type: "integer" },
      b: { type: ["string", "null"] },
      c: { anyOf: [{ type: "array" }, { type: "object" }] },
      d: {},
      e: true,
    },
  };
  expect(render(template, talk, { tools: [{ name: "f", parameters }] })).toBe(
    "a: number (integer); b: string | null ([string null]); c: any[] | Record<string, any> (); d: any (); e: any (); ",
  );
});

test("arguments that are no JSON object are shown as the model wrote them", () => {
  const template = "{{ range .Messages }}{{ range .ToolCalls }}{{ .Function.Arguments }};{{ end }}{{ end }}";
  const deep = "[".repeat(10_000);
  const calls = ["{city: Rome", "[1]", "", deep].map((text, index) => ({
    id: `c${index}`,
    name: "f",
    arguments: text,
  }));
  expect(
    render(template, [
      { role: "assistant", content: "", toolCalls: calls },
      { role: "user", content: "?" },
    ]),
  ).toBe(`{city: Rome;[1];{};${deep};`);
});

test("calls and reasoning of assistant messages in a row are kept", () => {
  const template =
    "{{ range .Messages }}{{ .Thinking }}|{{ .Content }}|{{ range .ToolCalls }}{{ .Function.Name }}{{ end }};{{ end }}";
  expect(render(template, [{ role: "assistant", content: "a" }, call, { role: "user", content: "?" }])).toBe(
    "I look it up.|a|get_weather;|?|;",
  );
});

describe("the last message of the assistant is continued", () => {
  const closing = `{{ range .Messages }}<{{ .Role }}>{{ .Content }}</{{ .Role }}>{{ end }}<assistant>`;
  const begun: Message[] = [
    { role: "user", content: "Hi" },
    { role: "assistant", content: "Hel " },
  ];

  test("without the template's end of turn and next beginning", () => {
    expect(render(closing, begun, { continueFinalMessage: true })).toBe("<user>Hi</user><assistant>Hel ");
  });

  test.each(["<", "a", "im", "<|im_end|>", "im \n", "\uE000", "a\uE000a"])(
    "where the template's own text behind it is like it: %j",
    (content) => {
      const chat =
        "{{range .Messages}}<|im_start|>{{.Role}}\n{{.Content}}<|im_end|>\n{{end}}<|im_start|>assistant\n";
      const messages: Message[] = [
        { role: "user", content: "Hi \uE000" },
        { role: "assistant", content },
      ];
      expect(render(chat, messages, { continueFinalMessage: true })).toBe(
        `<|im_start|>user\nHi \uE000<|im_end|>\n<|im_start|>assistant\n${content}`,
      );
    },
  );

  test("where the template asks whether there is a text, or shows it twice", () => {
    const asking = `{{ range .Messages }}{{ if .Content }}[{{ .Content }}]{{ end }}{{ end }}`;
    expect(render(asking, begun, { continueFinalMessage: true })).toBe("[Hi][Hel ");
    expect(render(asking + asking, begun, { continueFinalMessage: true })).toBe("[Hi][Hel ][Hi][Hel ");
  });

  test("unless the template decides by its length", () => {
    const measuring = `{{ range .Messages }}{{ len .Content }}: {{ .Content }}{{ end }}`;
    expect(() => render(measuring, begun, { continueFinalMessage: true })).toThrow("cannot be continued");
  });

  test("unless there is none", () => {
    expect(() => render(closing, talk, { continueFinalMessage: true })).toThrow("only a last message");
  });

  test("unless the template changes it", () => {
    const hiding = `{{ range .Messages }}{{ .Role }}{{ end }}`;
    expect(() => render(hiding, begun, { continueFinalMessage: true })).toThrow("cannot be continued");
  });
});

test("a prompt without the beginning of an answer is refused, for templates know none", () => {
  expect(() => render("{{ .Prompt }}", talk, { addGenerationPrompt: false })).toThrow(AppError);
  expect(() => render("{{ .Prompt }}", talk, { addGenerationPrompt: false })).toThrow(
    "add_generation_prompt",
  );
});

test("a text is filled in between two others", () => {
  const template = parseOllamaTemplate(
    "{{ if .Suffix }}<PRE>{{ .Prompt }}<SUF>{{ .Suffix }}<MID>{{ else }}{{ .Prompt }}{{ end }}",
  );
  expect(template.uses.suffix).toBe(true);
  expect(renderOllamaInfill(template, { prefix: "a", suffix: "b", now: new Date() })).toBe(
    "<PRE>a<SUF>b<MID>",
  );
});

test("dates are those of the day", () => {
  expect(render("{{ currentDate }}{{ .Prompt }}", [{ role: "user", content: "!" }])).toBe("2026-01-02!");
});

test("a long part of a tool that only its JSON shows is shown", () => {
  const text = "<".repeat(2 ** 20);
  const tool: Tool = { name: "f", parameters: { type: "object", properties: {}, default: text } };
  const shown = render("{{ .Messages | len }}{{ json .Tools }}", talk, { tools: [tool] });
  expect(shown.length).toBeGreaterThan(6 * text.length);
});

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { AppError } from "../../base/index.ts";
import { readSettings, type SettingsLayers } from "./settings.ts";

test("the small layers of a manifest become settings", () => {
  expect(
    readSettings({
      template: "{{ .Prompt }}",
      system: "Be brief.",
      params: '{"stop":["<|im_end|>"],"temperature":0.6,"num_ctx":null,"use_mmap":true}',
      messages: '[{"role":"user","content":"Hi"},{"role":"assistant","content":"Hello","images":null}]',
      licenses: ["MIT"],
    }),
  ).toEqual({
    template: "{{ .Prompt }}",
    system: "Be brief.",
    parameters: { stop: ["<|im_end|>"], temperature: 0.6, use_mmap: true },
    messages: [
      { role: "user", content: "Hi" },
      { role: "assistant", content: "Hello" },
    ],
    licenses: ["MIT"],
  });
});

test("empty layers are no settings", () => {
  expect(readSettings({ template: "", system: "", params: "{}", messages: "[]", licenses: [] })).toEqual({});
  expect(readSettings({})).toEqual({});
});

test("a renderer of Ollama's own leaves the model's file its template", () => {
  expect(readSettings({ template: "{{ .Prompt }}", renderer: "qwen3-vl" })).toEqual({});
});

describe("settings that cannot be honoured are refused with the reason", () => {
  test.each<[string, SettingsLayers, string]>([
    ["an unfinished template", { template: "a\n{{ if .System }}" }, "line 2, column 1"],
    ["an unknown function", { template: "{{ shell .Prompt }}" }, '"shell"'],
    ["an unknown parameter", { params: '{"temprature":1}' }, '"temprature"'],
    [
      "a wrong value",
      { params: '{"temperature":"hot"}' },
      'temperature must be a number from 0 to 100. Given: "hot"',
    ],
    ["parameters that are no JSON", { params: "{" }, "PARAMETER"],
    ["parameters that are a list", { params: "[]" }, "no JSON object"],
    ["messages that are no list", { messages: "{}" }, "no JSON list"],
    ["a message of a tool", { messages: '[{"role":"tool","content":"x"}]' }, "role"],
    ["a message without text", { messages: '[{"role":"user"}]' }, "text"],
    ["a message that is none", { messages: "[null]" }, "MESSAGE"],
    ["a message with images", { messages: '[{"role":"user","content":"x","images":["a"]}]' }, "images"],
    [
      "too many messages",
      { messages: JSON.stringify(new Array(2000).fill({ role: "user", content: "x" })) },
      "2000",
    ],
    ["too long a system text", { system: "x".repeat(2 ** 21) }, "SYSTEM"],
    ["too many licences", { licenses: new Array(100).fill("MIT") }, "LICENSE"],
  ])("%s", (_, layers, reason) => {
    expect(() => readSettings(layers)).toThrow(AppError);
    expect(() => readSettings(layers)).toThrow(reason);
  });
});

test("any layers are read or refused with an AppError", () => {
  const json = fc.oneof(fc.string(), fc.json());
  fc.assert(
    fc.property(fc.record({ template: fc.string(), params: json, messages: json }), (layers) => {
      try {
        readSettings(layers);
      } catch (error) {
        expect(error).toBeInstanceOf(AppError);
      }
    }),
  );
});

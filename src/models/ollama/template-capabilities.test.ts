import { expect, test } from "bun:test";
import { limitToTemplate } from "./template-capabilities.ts";

const all = {
  generate: true,
  chat: true,
  tools: true,
  reasoning: true,
  infill: false,
  embed: true,
  rerank: false,
};

test("without a template a model can do what its file says", () => {
  expect(limitToTemplate(all, {})).toEqual(all);
});

test("a template without a place for tools or thoughts takes them away", () => {
  const template = "{{ range .Messages }}{{ .Role }}: {{ .Content }}\n{{ end }}";
  expect(limitToTemplate(all, { template })).toEqual({ ...all, tools: false, reasoning: false });
});

test("a template with a suffix fills in, and one with tools does not make a parser for them", () => {
  const template = "{{ if .Tools }}{{ .Tools }}{{ end }}{{ .Prompt }}{{ .Suffix }}";
  const plain = { ...all, tools: false, chat: false };
  expect(limitToTemplate(plain, { template })).toMatchObject({ chat: true, tools: false, infill: true });
});

test("a model that does not generate gains nothing", () => {
  const embedder = { ...all, generate: false, chat: false, tools: false };
  expect(limitToTemplate(embedder, { template: "{{ .Prompt }}" })).toEqual(embedder);
});

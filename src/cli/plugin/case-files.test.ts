import { describe, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { AppError } from "../../base/index.ts";
import { createTemporaryFolder } from "../../testing/index.ts";
import { readCases } from "./case-files.ts";

function read(files: Readonly<Record<string, string>>) {
  using folder = createTemporaryFolder();
  mkdirSync(folder.file("cases"));
  for (const [name, text] of Object.entries(files)) writeFileSync(folder.file("cases", name), text);
  return readCases(folder.path);
}

test("cases are read from YAML and JSON, file by file, with what is not said filled in", () => {
  const cases = read({
    "b.json": '[{"name": "two", "input": {"response": "x"}, "error": "timeout"}]',
    "a.yaml": "- name: one\n  input: { response: x }\n  expect: { verdict: pass }\n",
    "notes.txt": "not a case",
  });
  expect(cases).toEqual([
    {
      ...{ file: "cases/a.yaml", name: "one", input: { response: "x" }, expect: { verdict: "pass" } },
      ...{ config: {}, http: [] },
    },
    {
      ...{ file: "cases/b.json", name: "two", input: { response: "x" }, error: "timeout" },
      ...{ config: {}, http: [] },
    },
  ]);
});

test("a folder without cases has none", () => {
  using folder = createTemporaryFolder();
  expect(readCases(folder.path)).toEqual([]);
});

test("a recorded body may be written as JSON, and what is usual may be left out", () => {
  const [first] = read({
    "a.yaml":
      "- name: x\n  input: {}\n  expect: {}\n  http:\n    - request: { url: https://a.example.com/ }\n      response: { body: { id: 7 } }\n",
  });
  expect(first?.http).toEqual([
    {
      request: { method: "GET", url: "https://a.example.com/" },
      response: { status: 200, headers: {}, body: '{"id":7}' },
    },
  ]);
});

describe("a wrong case is told with its file and place", () => {
  test.each([
    ["- name: [", /^cases\/a\.yaml cannot be read: /],
    ["name: x", /^cases\/a\.yaml: expected a list of cases/],
    ["- input: {}\n  expect: {}", "cases/a.yaml: [0].name: expected a name"],
    ["- name: x\n  input: {}", "cases/a.yaml: [0]: expected either `expect`"],
    ["- name: x\n  input: {}\n  expect: {}\n  error: timeout", "[0]: expected either `expect`"],
    ["- name: x\n  input: {}\n  error: sadness", "cases/a.yaml: [0].error: expected a code of a failure"],
    ["- name: x\n  input: {}\n  expect: {}\n  grants: [fly]", "cases/a.yaml: [0].grants[0]: "],
    ["- name: x\n  input: {}\n  expected: {}\n  expect: {}", 'Unrecognized key: "expected"'],
    [
      "- name: x\n  input: {}\n  expect: {}\n  http:\n    - request: { url: nowhere }\n      response: {}",
      "cases/a.yaml: [0].http[0].request.url: expected an address",
    ],
  ])("%j", (text, message) => {
    expect(() => read({ "a.yaml": text })).toThrow(AppError);
    expect(() => read({ "a.yaml": text })).toThrow(message);
  });
});

test("a case without an input says what is missing", () => {
  using folder = createTemporaryFolder();
  mkdirSync(folder.file("cases"));
  writeFileSync(folder.file("cases", "a.yaml"), "- name: x\n  inptu: {}\n  expect: {}\n");
  expect(() => readCases(folder.path)).toThrow(
    'cases/a.yaml: [0].input: expected what the plugin is given, such as { response: Hello. }\ncases/a.yaml: [0]: Unrecognized key: "inptu"',
  );
});

import { describe, expect, test } from "bun:test";
import { readExamples } from "./examples.ts";

const examples = [
  { prompt: "2 + 2?", answer: "4", pass: true },
  { text: "Paris is in Spain.", pass: false },
  { perplexity: 3.5, entropy_statistic: 0.4, surprise_rate: 0, pass: true },
];

test("the same examples are read from lines of JSON, a list in JSON and a list in YAML", () => {
  const lines = examples.map((each) => JSON.stringify(each)).join("\n\n");
  const yaml = `- {prompt: "2 + 2?", answer: "4", pass: true}\n- text: Paris is in Spain.\n  pass: false\n- {perplexity: 3.5, entropy_statistic: 0.4, surprise_rate: 0, pass: true}\n`;
  expect(readExamples(`${lines}\n`, "a.jsonl")).toEqual(examples);
  expect(readExamples(JSON.stringify(examples), "a.json")).toEqual(examples);
  expect(readExamples(yaml, "a.yaml")).toEqual(examples);
});

describe("what is wrong is named with its place", () => {
  test.each([
    ["a line that is no JSON", '{"text": "a", "pass": true}\n{oops', "a.jsonl, line 2 cannot be read"],
    ["an entry without a label", '{"text": "a"}', "examples[0]: expected"],
    ["a label that is no boolean", '{"text": "a", "pass": "yes"}', "pass:"],
    ["both an answer and a text", '{"text": "a", "answer": "b", "pass": true}', "either `answer` or `text`"],
    ["a misspelt field", '{"txt": "a", "text": "b", "pass": true}', '"txt"'],
    [
      "a perplexity below 1",
      '{"perplexity": 0.5, "entropy_statistic": 0, "surprise_rate": 0, "pass": true}',
      "perplexity",
    ],
  ])("%s", (_name, text, message) => {
    expect(() => readExamples(text, "a.jsonl")).toThrow(message);
  });

  test("a file that holds no list", () => {
    expect(() => readExamples("{}", "a.json")).toThrow("a.json: expected a list of examples");
  });

  test("more examples than are taken", () => {
    const line = '{"text": "a", "pass": true}\n';
    expect(() => readExamples(line.repeat(10_001), "a.jsonl")).toThrow("10000 are the most");
  });
});

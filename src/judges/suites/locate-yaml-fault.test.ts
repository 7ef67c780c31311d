import { expect, test } from "bun:test";
import { locateYamlFault } from "./locate-yaml-fault.ts";

const valid = Array.from(
  { length: 300 },
  (_, index) => `  - name: case ${index}\n    prompt: What is ${index}?\n`,
);

test.each([
  ["a list that is not closed", "name: x\ncases:\n  - [a, b\n  - c\n", 3],
  ["a line that is set in wrongly", "name: x\ncases:\n  - name: a\n   prompt: b\n", 4],
  ["a tab", "name: x\nseed: 2\n\tbar: 3\n", 3],
  ["a quote that is not closed", 'name: "x\ncases: []\n', 1],
  [
    "one among many",
    ["name: x\ncases:\n", ...valid.slice(0, 200), "  - name: 'it's'\n", ...valid.slice(200)].join(""),
    403,
  ],
])("%s is found by its line", (_, text, line) => {
  expect(() => Bun.YAML.parse(text)).toThrow();
  expect(locateYamlFault(text)).toBe(line);
});

test("a text that takes long to search is not searched", () => {
  expect(locateYamlFault(`${"# comment\n".repeat(10_000)}a: [`)).toBeUndefined();
});

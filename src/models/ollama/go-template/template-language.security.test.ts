import { describe, expect, test } from "bun:test";
import { AppError } from "../../../base/index.ts";
import { evaluate } from "./evaluate.ts";
import { maxNesting, maxTemplateChars, maxTextChars } from "./limits.ts";
import { parseTemplate } from "./parse.ts";
import { createMap } from "./values.ts";

/** A run that is quadratic takes minutes. */
const maxLinearMs = 20_000;
const manyItems = { type: "list" as const, items: new Array(5000).fill("x".repeat(200)) };
const data = createMap([
  ["Items", manyItems],
  ["Text", "y".repeat(1_000_000)],
  ["Other", `${"y".repeat(999_999)}z`],
  ["Map", createMap(Array.from({ length: 5000 }, (_, index) => [`key${index}`, "v"] as const))],
]);

function refusalOf(template: string): AppError {
  try {
    evaluate(parseTemplate(template), data, { now: new Date(0) });
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error("the template was run to its end");
}

const loop = "{{ range $.Items }}{{ range $.Items }}{{ range $.Items }}";
const ends = "{{ end }}{{ end }}{{ end }}";

describe("a hostile template ends with an AppError", () => {
  test.each<[string, string, string]>([
    ["that loops over loops", `${loop}${ends}`, "steps"],
    ["that counts for ever", "{{ range 9223372036854775807 }}{{ end }}", "steps"],
    [
      "that calls itself",
      '{{ define "t" }}{{ template "t" }}{{ end }}{{ template "t" }}',
      "inside each other",
    ],
    [
      "that calls itself twice",
      '{{ define "t" }}{{ range 9 }}{{ template "t" }}{{ end }}{{ end }}{{ template "t" }}',
      "inside each other",
    ],
    ["that writes for ever", `${loop}{{ $.Text }}${ends}`, "characters"],
    ["that doubles a text", `{{ $x := .Text }}{{ range 99 }}{{ $x = print $x $x }}{{ end }}`, "makes a text"],
    ["that compares long texts", `${loop}{{ if eq $.Text $.Other }}{{ end }}${ends}`, "steps"],
    ["that measures long texts", `${loop}{{ $n := len $.Text }}${ends}`, "steps"],
    ["that makes JSON of everything", `${loop}{{ $n := json $ }}${ends}`, "steps"],
    ["that slices lists", `${loop}{{ $n := slice $.Items 1 }}${ends}`, "steps"],
    ["that begins long ranges", `${loop}{{ range $.Map }}{{ break }}{{ end }}${ends}`, "steps"],
    ["that pads", '{{ printf "%999999999d" 1 }}', "width"],
    ["that nests controls", "{{ if 1 }}".repeat(maxNesting + 1), "nested deeper"],
    ["that nests parentheses", `{{ ${"(".repeat(100_000)} }}`, "nested deeper"],
    ["that is long", "x".repeat(maxTemplateChars + 1), "the most"],
  ])("%s", (_, template, problem) => {
    const error = refusalOf(template);
    expect(error.code).toBe("invalid_request");
    expect(error.message).toContain(problem);
  });
});

describe("a text that a function makes has an end", () => {
  const maxGrowth = 256 * 2 ** 20;
  const long = "{{ $x := `aaaaaaaaaaaaaaaa` }}{{ range 16 }}{{ $x = print $x $x }}{{ end }}";
  const few = createMap([["Items", { type: "list", items: ["z".repeat(100_000)] }]]);

  test.each([
    ["printf", '{{ $x := "aaaaaaaaaaaaaaaa" }}{{ range 60 }}{{ $x = printf "%s%s" $x $x }}{{ end }}'],
    ["print", '{{ $x := "a" }}{{ range 60 }}{{ $x = print $x $x }}{{ end }}'],
    ["println", '{{ $x := "a" }}{{ range 60 }}{{ $x = println $x $x }}{{ end }}'],
    ["json", '{{ $x := "<" }}{{ range 60 }}{{ $x = json $x }}{{ end }}'],
    ["print of many lists", `{{ $x := print ${".Items ".repeat(20_000)} }}`],
    ["println of many lists", `{{ $x := println ${".Items ".repeat(20_000)} }}`],
    ["printf of many lists", `{{ $x := printf "${"%v".repeat(20_000)}" ${".Items ".repeat(20_000)} }}`],
    ["printf of many texts", `${long}{{ $y := printf "${"%q".repeat(200)}" ${"$x ".repeat(200)} }}`],
  ])("%s", (_, template) => {
    Bun.gc(true);
    const before = process.memoryUsage().rss;
    const run = () => evaluate(parseTemplate(template), few, { now: new Date(0) });
    expect(run).toThrow(AppError);
    expect(run).toThrow("makes a text of more than");
    expect(process.memoryUsage().rss - before).toBeLessThan(maxGrowth);
  });

  test("that leaves room for long texts of the request, in JSON too", () => {
    const text = "<".repeat(2 * maxTextChars);
    const run = (template: string) =>
      evaluate(parseTemplate(template), createMap([["Text", text]]), { now: new Date(0) });
    expect(run("{{ .Text }}") === text).toBe(true);
    expect(run('{{ $x := printf "%s!" .Text }}{{ print $x }}') === `${text}!`).toBe(true);
    expect(run("{{ json .Text }}").length).toBe(6 * text.length + 2);
    const item = createMap([["A", ""]]);
    const data = createMap([["List", { type: "list", items: new Array(300_000).fill(item) }]]);
    expect(evaluate(parseTemplate("{{ json .List }}"), data, { now: new Date(0) }).length).toBe(
      300_000 * 9 + 1,
    );
  });
});

test("names of JavaScript's own reach nothing", () => {
  const run = (template: string) => evaluate(parseTemplate(template), data, { now: new Date(0) });
  expect(run("{{ .constructor }}{{ .__proto__ }}{{ .toString }}")).toBe("<no value>".repeat(3));
  expect(() => run("{{ constructor }}")).toThrow("no function");
  expect(() => run("{{ .Text.length }}")).toThrow(AppError);
  expect(() => run("{{ .Items.items }}")).toThrow(AppError);
});

test("long runs of spaces, delimiters and quotes are read in linear time", () => {
  const chars = maxTemplateChars - 10;
  for (const text of [
    " ",
    "{{",
    "}}",
    "\n-",
    "{{- ",
    " -}}",
    "{{/*",
    '{{"',
    "{{$",
    "{{(",
    "1",
    "{{.a",
    "`",
  ]) {
    const start = performance.now();
    try {
      parseTemplate(text.repeat(Math.floor(chars / text.length)));
      parseTemplate(`{{ ${text.repeat(Math.floor(chars / text.length))}`);
    } catch (error) {
      expect(error).toBeInstanceOf(AppError);
    }
    expect(performance.now() - start).toBeLessThan(maxLinearMs);
  }
});

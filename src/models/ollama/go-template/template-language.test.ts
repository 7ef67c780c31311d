import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { AppError } from "../../../base/index.ts";
import { evaluate } from "./evaluate.ts";
import { parseTemplate } from "./parse.ts";
import { createMap, createStruct, type GoValue } from "./values.ts";

const noon = new Date(2026, 2, 1, 12);

const data = createMap([
  ["Text", "s"],
  ["List", { type: "list", items: ["a", "b"] }],
  [
    "Map",
    createMap([
      ["x", 1.5],
      ["a", "<b>"],
      ["n", null],
    ]),
  ],
  ["Float", 1e6],
  ["Empty", ""],
  ["Struct", createStruct("Thing", { Name: "one" })],
]);

function run(template: string, value: GoValue = data): string {
  return evaluate(parseTemplate(template), value, { now: noon });
}

/** Every expectation is what Go 1.26's text/template writes. */
describe("a template writes what Go writes", () => {
  test.each<[string, string]>([
    ["plain } text {", "plain } text {"],
    ["a {{- .Text -}} b", "asb"],
    ["a {{/* c */}} b", "a  b"],
    ["a {{- /* c */ -}} b", "ab"],
    ["{{.Text}}{{- 3}}{{-3}}", "s3-3"],
    ["{{ .Missing }}", "<no value>"],
    ["{{ (.Missing).Deeper }}", "<no value>"],
    ["{{ print .Missing }}", "<nil>"],
    ['{{ "a\\x41\\u00e9\\101\\n" }}{{ `r\\n` }}', "aAéA\nr\\n"],
    ["{{ 'a' }} {{ 1e3 }} {{ 0x10 }} {{ 010 }} {{ 1_000 }} {{ .5 }}", "97 1000 16 8 1000 0.5"],
    ["{{ .Float }} {{ 0.00001 }} {{ 100000.5 }} {{ 1234567.5 }}", "1e+06 1e-05 100000.5 1.2345675e+06"],
    ["{{ .List }} {{ .Map }} {{ true }}", "[a b] map[a:<b> n:<nil> x:1.5] true"],
    ["{{ json .Map }}", '{"a":"\\u003cb\\u003e","n":null,"x":1.5}'],
    ["{{ if .Empty }}a{{ else if .Text }}b{{ else }}c{{ end }}", "b"],
    ["{{ with .Empty }}a{{ else with .Text }}{{ . }}{{ else }}c{{ end }}", "s"],
    ["{{ range .List }}{{ . }}{{ else }}e{{ end }}", "ab"],
    ["{{ range .Missing }}x{{ else }}e{{ end }}", "e"],
    ["{{ range $i, $v := .List }}{{ $i }}{{ $v }}{{ end }}", "0a1b"],
    ["{{ range $k, $v := .Map }}{{ $k }}={{ $v }};{{ end }}", "a=<b>;n=<no value>;x=1.5;"],
    ["{{ range 3 }}{{ . }}{{ end }}", "012"],
    ['{{ range .List }}{{ if eq . "a" }}{{ continue }}{{ end }}{{ . }}{{ break }}{{ end }}', "b"],
    ["{{ $x := 1 }}{{ if true }}{{ $x = 2 }}{{ $x := 3 }}{{ end }}{{ $x }}", "2"],
    ["{{ $x := 5 }}{{ range $x := .List }}{{ $x }}{{ end }}{{ $x }}", "ab5"],
    ['{{ define "t" }}[{{ . }}]{{ end }}{{ template "t" .Text }}{{ template "t" }}', "[s][<no value>]"],
    ['{{ block "b" .Text }}<{{ . }}>{{ end }}', "<s>"],
    ["{{ and 1 0 2 }}{{ or 0 nil 3 }}{{ not nil }}", "03true"],
    ["{{ and .Missing .Missing.Deeper }}", "<no value>"],
    ['{{ eq .Text "q" "s" }}{{ ne 1 2 }}{{ eq .Missing nil }}{{ eq .Missing "" }}', "truetruetruefalse"],
    ['{{ le 1 2 }}{{ ge 2.0 1.5 }}{{ gt "b" "a" }}{{ lt 2 1 }}', "truetruetruefalse"],
    ['{{ len "héy" }}{{ len .List }}{{ len .Map }}', "423"],
    ['{{ index .Map "a" }}{{ index .List 1 }}{{ index "abc" 1 }}{{ index .Text }}', "<b>b98s"],
    ['{{ slice "abc" 1 }}{{ slice .List 1 }}{{ slice .List 0 1 }}', "bc[b][a]"],
    ['{{ print "a" "b" 1 2 "c" }}{{ println 1 "a" }}', "ab1 2c1 a\n"],
    ['{{ "x" | printf "%s-%s" "y" }}', "y-x"],
    [
      '{{ printf "%d|%5d|%-5s|%05.2f|%t|%q|%x|%c|%+d|%.1s|%%" 1 3 "b" 1.5 true "q\\n" 255 65 3 "abc" }}',
      '1|    3|b    |01.50|true|"q\\n"|ff|A|+3|a|%',
    ],
    ["{{ currentDate }} {{ yesterdayDate }}", "2026-03-01 2026-02-28"],
    ["{{ (len .List) }}{{ (index .List 0) }}{{ ($y := 1) }}", "2a1"],
    ["{{ $.Text }}{{ with .Struct }}{{ .Name }}{{ $.Text }}{{ end }}", "sones"],
  ])("%s", (template, expected) => {
    expect(run(template)).toBe(expected);
  });
});

describe("a template is refused, with line and column, where Go refuses it", () => {
  test.each<[string, string]>([
    ["a\n {{ .X", "line 2, column 2: an action has no end"],
    ["{{/* c", "comment has no end"],
    ["{{/* c */ x }}", "must fill its action"],
    ["{{ /* c */ }}", "no meaning"],
    ["{{ if .X }}", "no {{end}}"],
    ["{{ if .X }}{{ else }}{{ else }}{{ end }}", "no {{end}}"],
    ["{{ end }}", "without a beginning"],
    ["{{ else }}", "without a beginning"],
    ["{{ if }}a{{ end }}", "a value is missing"],
    ["{{}}", "a value is missing"],
    ["{{ if .X }}{{ else with .Y }}{{ end }}", "{{else with}} in {{if}}"],
    ["{{ $x }}", "$x is not set"],
    ["{{ $x = 1 }}", "$x is not set"],
    ["{{ if $x := 1 }}{{ end }}{{ $x }}", "$x is not set"],
    ["{{ nothing 1 }}", 'no function "nothing"'],
    ["{{ break }}", "outside of {{range}}"],
    ['{{ range .L }}{{ define "x" }}{{ end }}{{ end }}', "outside of everything"],
    ["{{ nil }}", "nil is no command"],
    ["{{ 1 | 2 }}", "can stand after |"],
    ["{{ .X | }}", "a value is missing"],
    ["{{ (.X }}", "unexpected"],
    ["{{ .X) }}", "unexpected"],
    ['{{ "a }}', "text has no end"],
    ["{{ `a }}", "text has no end"],
    ['{{ "\\q" }}', "no escape"],
    ["{{ 'ab' }}", "one character"],
    ["{{ 1x }}", "is not a number"],
    ["{{ 99999999999999999999 }}", "is not a number"],
    ['{{ .X"a" }}', "cannot follow"],
    ["{{ 1.X }}", "is not a number"],
    ["{{ template x }}", "a name in quotes"],
    ["{{ $a, $b := .X }}", "more variables"],
  ])("%s", (template, problem) => {
    const parse = () => parseTemplate(template);
    expect(parse).toThrow(AppError);
    expect(parse).toThrow(problem);
    expect(parse).toThrow(/line \d+, column \d+/);
  });
});

describe("a run is refused where Go fails", () => {
  test.each<[string, string]>([
    ["{{ .Missing.Deeper }}", "type nil"],
    ["{{ .Map.q.r }}", "type nil"],
    ["{{ .Text.Name }}", "type string"],
    ["{{ .Struct.Nope }}", "Thing has no field Nope"],
    ["{{ .List.Nope }}", "list has no field Nope"],
    ['{{ .Text "a" }}', "only a function takes values"],
    ["{{ 3 4 }}", "only a function takes values"],
    ['{{ eq "a" 1 }}', "string and int do not compare"],
    ["{{ eq 1 1.0 }}", "int and float do not compare"],
    ["{{ eq .List .List }}", "list does not compare"],
    ["{{ lt true false }}", "no order"],
    ["{{ len .Missing }}", "nil has no length"],
    ["{{ index .List 5 }}", "out of range"],
    ["{{ index .List 1.0 }}", "float is no index"],
    ["{{ index nil }}", "nil has no index"],
    ['{{ slice "abc" 1 9 }}', "out of range"],
    ["{{ not }}", "cannot take 0 values"],
    ["{{ ne 1 2 3 }}", "cannot take 3 values"],
    ['{{ template "nope" }}', 'no template "nope"'],
    ['{{ range "abc" }}{{ end }}', "cannot go over"],
    ["{{ range $i, $v := 3 }}{{ end }}", "one variable only"],
    ['{{ printf "%d" "a" }}', "does not fit"],
    ['{{ printf "%d" }}', "has no value"],
    ['{{ printf "a" 1 }}', "more than"],
  ])("%s", (template, problem) => {
    expect(() => run(template)).toThrow(AppError);
    expect(() => run(template)).toThrow(problem);
  });
});

const pieces = fc.constantFrom(
  "{{",
  "}}",
  "{{- ",
  " -}}",
  "if ",
  "range ",
  "with ",
  "end",
  "else",
  "define ",
  '"t"',
  "template ",
  "block ",
  "break",
  ".A",
  ".",
  "$",
  "$x",
  ":=",
  "=",
  ",",
  "|",
  "(",
  ")",
  "eq ",
  "print ",
  "1",
  "-",
  "'",
  '"',
  "`",
  "/*",
  "*/",
  " ",
  "\n",
  "text",
  "é",
  "\\",
);

test("whatever the text, it is a template or refused with an AppError", () => {
  const texts = fc.oneof(
    fc.string(),
    fc.array(pieces, { maxLength: 40 }).map((parts) => parts.join("")),
  );
  fc.assert(
    fc.property(texts, (text) => {
      try {
        run(text);
      } catch (error) {
        expect(error).toBeInstanceOf(AppError);
      }
    }),
    { numRuns: 3000 },
  );
});

test("text without actions comes out as it is", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "binary" }).filter((text) => !text.includes("{{")),
      (text) => {
        expect(run(text)).toBe(text.toWellFormed());
      },
    ),
  );
});

test("a text in quotes comes out as it was", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme-ascii" }), (text) => {
      expect(run(`{{ ${JSON.stringify(text)} }}`)).toBe(text);
    }),
  );
});

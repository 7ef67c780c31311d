import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { AppError } from "../../base/index.ts";
import { changeSuite } from "./change-suite.ts";
import { maxSuiteBytes, parseSuite, toSuite } from "./parse-suite.ts";
import { parseStarter } from "./starter-suite.ts";
import { maxPromptCharacters } from "./suite-schema.ts";

const file = "suite.yaml";

function refusal(text: string): string {
  try {
    parseSuite(text, file);
  } catch (error) {
    if (error instanceof AppError && error.code === "invalid_request") return error.message;
    throw error;
  }
  return "nothing was refused";
}

describe("a suite", () => {
  test("is read from YAML and from JSON alike", () => {
    const yaml = parseSuite("name: a\ncases: [{ name: b, prompt: c, expect: { contains: d } }]", "a.yaml");
    const json = parseSuite(
      '{"name":"a","cases":[{"name":"b","prompt":"c","expect":{"contains":["d"]}}]}',
      "a.json",
    );
    const { source: _, ...same } = yaml;
    expect(json).toMatchObject(same);
    expect(yaml.cases[0]).toMatchObject({ temperature: 0, repetitions: 1, prompt: "c" });
  });

  test("gives its defaults to cases, whose own settings stand above them", () => {
    const { cases } = toSuite(
      {
        name: "a",
        defaults: {
          ...{ repetitions: 3, max_tokens: 5, system: "Be brief." },
          criteria: { preset: "none", min_response_length: 7, required_keywords: ["x"] },
        },
        cases: [
          { name: "b", prompt: "c" },
          {
            name: "d",
            prompt: "e",
            repetitions: 1,
            system: "Be long.",
            criteria: { min_response_length: 1 },
          },
        ],
      },
      file,
    );
    const [first, second] = cases;
    expect(first).toMatchObject({ repetitions: 3, maxTokens: 5, temperature: 0.7 });
    expect(first?.messages[0]).toEqual({ role: "system", content: "Be brief." });
    expect(second).toMatchObject({ repetitions: 1, temperature: 0 });
    expect(second?.messages[0]?.content).toBe("Be long.");
    expect(second?.criteria).toMatchObject({ minResponseLength: 1, requiredKeywords: ["x"] });
  });

  test("takes a conversation, and judges are told of its last question", () => {
    const messages = [
      { role: "user", content: "first" },
      { role: "assistant", content: "answer" },
      { role: "user", content: "second" },
    ];
    const { cases } = toSuite({ name: "a", cases: [{ name: "b", messages }] }, file);
    expect(cases[0]?.prompt).toBe("second");
    expect(cases[0]?.messages).toHaveLength(3);
  });
});

describe("what is wrong is named with file, place and value", () => {
  test.each([
    ["no text of YAML", "name: a\ncases: [\n", "suite.yaml: it cannot be read near line 2: "],
    ["an empty file", "", "suite.yaml: expected name and cases; hearth judge --init FILE writes an example"],
    ["a list", "[1, 2]", "suite.yaml: expected name and cases; "],
    ["no cases", "name: a\ncases: []", "suite.yaml: cases: the suite has no cases"],
    ["cases that are no list", "name: a\ncases: 3", "suite.yaml: cases: expected a list of cases"],
    [
      "an unknown field",
      "name: a\nrepeat: 3\ncases: [{ name: b, prompt: c }]",
      'suite.yaml: there is no field "repeat"; there are name, description, model, ',
    ],
    [
      "an unknown field of a case",
      "name: a\ncases: [{ name: b, prompt: c, expected: x }]",
      'suite.yaml: cases[0]: there is no field "expected"; there are name, prompt, messages, ',
    ],
    [
      "an unknown expectation",
      "name: a\ncases: [{ name: b, prompt: c, expect: { contain: x } }]",
      'suite.yaml: cases[0].expect: there is no field "contain"; there are equals, contains, excludes, ',
    ],
    [
      "an unknown criterion",
      "name: a\ncases: [{ name: b, prompt: c, criteria: { min_coherense_score: 1 } }]",
      "suite.yaml: cases[0].criteria.min_coherense_score: ",
    ],
    [
      "a threshold above 1",
      "name: a\ncases: [{ name: b, prompt: c, criteria: { min_relevance_score: 80 } }]",
      "suite.yaml: cases[0].criteria.min_relevance_score: ",
    ],
    [
      "criteria of defaults",
      "name: a\ndefaults: { criteria: { nope: 1 } }\ncases: [{ name: b, prompt: c }]",
      "suite.yaml: defaults.criteria.nope: ",
    ],
    [
      "a bar above 1",
      "name: a\nbar: { pass_rate: 1.5 }\ncases: [{ name: b, prompt: c }]",
      "suite.yaml: bar.pass_rate: expected at most 1; given was 1.5",
    ],
    [
      "a name twice",
      "name: a\ncases: [{ name: b, prompt: c }, { name: b, prompt: d }]",
      'suite.yaml: cases[1].name: "b" is the name of cases[0] too',
    ],
    ["neither prompt nor messages", "name: a\ncases: [{ name: b }]", "cases[0]: expected either prompt or"],
    [
      "repetitions of a stored answer",
      "name: a\ncases: [{ name: b, prompt: c, response: d, repetitions: 2 }]",
      "cases[0].repetitions: 2, but there is one response",
    ],
    ["too many repetitions", "name: a\ncases: [{ name: b, prompt: c, repetitions: 1001 }]", "given was 1001"],
    [
      "a call of a tool that the case does not have",
      "name: a\ncases: [{ name: b, prompt: c, expected_tool_calls: [{ name: d }] }]",
      'cases[0].expected_tool_calls[0].name: "d" is none of the case\'s tools',
    ],
  ])("%s", (_, text, message) => {
    expect(refusal(text)).toContain(message);
  });

  test("a prompt of ten megabytes, with its size and not with its text", () => {
    const message = refusal(
      JSON.stringify({ name: "a", cases: [{ name: "b", prompt: "x".repeat(10_000_000) }] }),
    );
    expect(message).toContain(`cases[0].prompt: 10000000 characters; at most ${maxPromptCharacters}`);
    expect(message.length).toBeLessThan(400);
  });

  test("more cases, or answers in all, than there may be", () => {
    const many = Array.from({ length: 10_001 }, (_, index) => ({ name: `${index}`, prompt: "x" }));
    expect(refusal(JSON.stringify({ name: "a", cases: many }))).toContain("cases: more than 10000 cases");
    const repeated = many.slice(0, 101).map((entry) => ({ ...entry, repetitions: 1000 }));
    expect(refusal(JSON.stringify({ name: "a", cases: repeated }))).toContain(
      "cases: 101000 answers with all repetitions; at most 100000",
    );
  });

  test("a file that is too large, before it is read", () => {
    expect(refusal(" ".repeat(maxSuiteBytes + 1))).toContain(`at most ${maxSuiteBytes} are possible`);
  });
});

describe("hostile YAML", () => {
  test("that repeats what is repeated ends at a limit", () => {
    const levels = Array.from(
      { length: 12 },
      (_, index) => `l${index + 1}: &l${index + 1} [${Array(10).fill(`*l${index}`).join(", ")}]`,
    );
    const message = refusal(`l0: &l0 [x]\n${levels.join("\n")}\nname: a\ncases: [{ name: b, prompt: c }]`);
    expect(message).toMatch(/it cannot be read|more than \d+ values/);
  });

  test("that is nested without end is refused", () => {
    expect(refusal(`name: a\ncases: ${"[".repeat(200)}${"]".repeat(200)}`)).toContain("nested more than");
  });

  test("never makes anything but a suite or a refusal", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(typeof refusal(text)).toBe("string");
      }),
    );
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(typeof refusal(JSON.stringify(value))).toBe("string");
      }),
    );
  });
});

test("a suite that is read from what it was stored with is the same", () => {
  const suite = parseStarter();
  expect(toSuite(JSON.parse(JSON.stringify(suite.source)), "run")).toEqual(suite);
});

test("changes leave stored answers alone", () => {
  const suite = toSuite(
    {
      name: "a",
      cases: [
        { name: "b", prompt: "c" },
        { name: "d", prompt: "e", response: "f" },
      ],
    },
    file,
  );
  const changed = changeSuite(suite, { repetitions: 3, seed: 9, passRate: 0.5 }, file);
  expect(changed.cases.map(({ repetitions }) => repetitions)).toEqual([3, 1]);
  expect(changed).toMatchObject({ seed: 9, bar: { passRate: 0.5 } });
});

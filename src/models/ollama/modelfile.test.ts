import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { AppError } from "../../base/index.ts";
import { formatModelfile, formatParameters, writeModelfile } from "./format-modelfile.ts";
import { type Modelfile, parseModelfile } from "./modelfile.ts";

test("every command is read, whatever its case", () => {
  const text = `# a comment
from ./model.gguf
FROM ./projector.gguf

  Parameter temperature 0.7
PARAMETER stop <|im_end|>
PARAMETER stop "User: "
PARAMETER num_ctx 4096
PARAMETER num_ctx 8192
TEMPLATE """{{ .System }}
# no comment
{{ .Prompt }}"""
SYSTEM You are "brief".
ADAPTER /tmp/a b.gguf
MESSAGE user Hi there
MESSAGE assistant """two
lines"""
LICENSE "MIT
as it is"
LICENSE second
REQUIRES 0.14.0
`;
  expect(parseModelfile(text)).toEqual({
    from: ["./model.gguf", "./projector.gguf"],
    adapters: ["/tmp/a b.gguf"],
    settings: {
      template: "{{ .System }}\n# no comment\n{{ .Prompt }}",
      system: 'You are "brief".',
      messages: [
        { role: "user", content: "Hi there" },
        { role: "assistant", content: "two\nlines" },
      ],
      parameters: { temperature: 0.7, stop: ["<|im_end|>", "User: "], num_ctx: 8192 },
      licenses: ["MIT\nas it is", "second"],
    },
  });
});

test("Windows line ends, a byte order mark and trailing spaces do no harm", () => {
  expect(parseModelfile("\uFEFFFROM x  \r\nSYSTEM a  \r\n").settings).toEqual({ system: "a" });
});

test("with a renderer of Ollama's own the model's file keeps its template", () => {
  const { settings } = parseModelfile("FROM x\nTEMPLATE {{ .Prompt }}\nRENDERER qwen3-vl\nPARSER qwen3-vl");
  expect(settings).toEqual({});
});

describe("a Modelfile is refused with the line and the reason", () => {
  test.each([
    ["SYSTEM hi", "no FROM line"],
    ["", "no FROM line"],
    ["FROM x\nRUN rm", 'line 2: "RUN" is no command'],
    ["FROM x\n{ }", "line 2"],
    ['FROM x\nSYSTEM """a\nb', "line 2: SYSTEM has no closing quotes"],
    ['FROM x\nSYSTEM "a', "no closing quotes"],
    ["FROM", "line 1: FROM needs"],
    ["FROM x\nADAPTER", "ADAPTER needs"],
    ["FROM x\nMESSAGE tool hi", "line 2: MESSAGE needs a role"],
    ["FROM x\nPARAMETER", "line 2: PARAMETER needs"],
    ["FROM x\nPARAMETER warmth 1", '"warmth"'],
    ["FROM x\nPARAMETER temperature warm", "temperature must be"],
    ["FROM x\nTEMPLATE {{ .Prompt", "template, line 1"],
    ["FROM x\nDRAFT y", "DRAFT"],
    [`FROM ${"x".repeat(9_000_000)}`, "are the most"],
  ])("%#", (text, reason) => {
    expect(() => parseModelfile(text)).toThrow(AppError);
    expect(() => parseModelfile(text)).toThrow(reason);
  });
});

const word = fc.stringMatching(/^[a-z./ _-]{1,20}$/).filter((text) => text.trim() === text && text !== "");
const text = fc
  .oneof(
    fc.string({ minLength: 1, unit: "binary" }),
    fc
      .array(fc.constantFrom('"', '"""', "\n", "\r\n", " ", "#", "FROM x", "a", "é"), {
        minLength: 1,
        maxLength: 12,
      })
      .map((parts) => parts.join("")),
  )
  // Such a text has no form in the language of Modelfiles.
  .filter((value) => !/"[^\S\r\n]*[\r\n]/.test(`"${value}`));

const settingsOf = fc.record(
  {
    system: text,
    messages: fc.array(
      fc.record({
        role: fc.constantFrom("system" as const, "user" as const, "assistant" as const),
        content: text,
      }),
      { minLength: 1, maxLength: 3 },
    ),
    licenses: fc.array(text, { minLength: 1, maxLength: 3 }),
    parameters: fc.record({
      temperature: fc.double({ min: 0, max: 2, noNaN: true }).map((value) => value + 0),
      num_ctx: fc.integer({ min: 1, max: 100_000 }),
      use_mmap: fc.boolean(),
      stop: fc.array(text, { minLength: 1, maxLength: 3 }),
    }),
  },
  { requiredKeys: [] },
);

test("what is written is read again as it was", () => {
  const files: fc.Arbitrary<Modelfile> = fc.record({
    from: fc.array(word, { minLength: 1, maxLength: 2 }),
    adapters: fc.array(word, { maxLength: 2 }),
    settings: settingsOf,
  });
  fc.assert(
    fc.property(files, (file) => {
      expect(parseModelfile(writeModelfile(file))).toEqual(file);
    }),
  );
});

test("a text that a Modelfile cannot hold makes one that is refused, and not one without the text", () => {
  const file = writeModelfile({ from: ["x"], adapters: [], settings: { system: 'a"""\nFROM evil\n"\n' } });
  expect(file).toBe("FROM x\nUNWRITABLE SYSTEM: its text has no form in a Modelfile\n");
  expect(() => parseModelfile(file)).toThrow(AppError);
  expect(() => parseModelfile(file)).toThrow('line 2: "UNWRITABLE" is no command');
});

test("any text is a Modelfile or refused with an AppError", () => {
  const lines = fc.constantFrom(
    "FROM x",
    "SYSTEM ",
    '"',
    '"""',
    "\n",
    "PARAMETER stop ",
    "MESSAGE user ",
    " ",
    "#",
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(lines).map((parts) => parts.join("")),
      ),
      (content) => {
        try {
          parseModelfile(content);
        } catch (error) {
          expect(error).toBeInstanceOf(AppError);
        }
      },
    ),
    { numRuns: 2000 },
  );
});

test("the Modelfile of a model names its files and how to build on it", () => {
  const layer = (role: "model" | "adapter" | "template", path: string) => ({ role, path, bytes: 1 });
  const layers = [layer("model", "/b/one"), layer("adapter", "/b/two"), layer("template", "/b/three")];
  const settings = { template: "{{ .Prompt }}\n", parameters: { stop: ["a", "b"], temperature: 0.5 } };
  expect(
    formatModelfile({ name: "mine:latest", layers, settings }),
  ).toBe(`# Modelfile generated by "hearth show"
# To build a new model on this one, replace FROM by:
# FROM mine:latest

FROM /b/one
ADAPTER /b/two
TEMPLATE """{{ .Prompt }}
"""
PARAMETER stop a
PARAMETER stop b
PARAMETER temperature 0.5
`);
  expect(formatParameters(settings)).toBe(
    'stop                           "a"\nstop                           "b"\ntemperature                    0.5',
  );
  expect(formatParameters({})).toBe("");
});

import { describe, expect, test } from "bun:test";
import { chunksOf } from "./chunks.fixture.ts";
import { maxChunkChars } from "./split-lines.ts";

type Sample = {
  readonly file: string;
  /** A declaration with a comment or an annotation that leads it, and a body of so many statements. */
  readonly declare: (name: string, statements: number) => string;
  readonly head?: string;
};

const repeat = (count: number, line: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => line(index)).join("\n");

const samples: readonly Sample[] = [
  {
    file: "a.ts",
    head: 'import { x } from "./x.ts";\n\nconst pattern = `\nfunction notReal() {\n`;\n',
    declare: (name, count) =>
      `/** Explains ${name}. */\nexport async function ${name}<T>(value: T): Promise<number> {\n${repeat(count, (i) => `  const value${i} = await load(\`\${value} }\`, ${i});\n`)}  return 1;\n}`,
  },
  {
    file: "a.py",
    head: 'import os\n\nTEXT = """\ndef not_real():\n    pass\n"""\n',
    declare: (name, count) =>
      `# Explains ${name}.\n@cached(size=1)\ndef ${name}(value: int) -> int:\n    """Says what it does."""\n${repeat(count, (i) => `    value${i} = load("def x():", ${i})\n`)}    return value0`,
  },
  {
    file: "a.go",
    head: 'package main\n\nimport "fmt"\n',
    declare: (name, count) =>
      `// ${name} is explained here.\nfunc (s *Server) ${name}(value int) (int, error) {\n${repeat(count, (i) => `\tvalue${i} := load("}", ${i})\n`)}\treturn 1, nil\n}`,
  },
  {
    file: "a.rs",
    head: "use std::io;\n",
    declare: (name, count) =>
      `/// Explains ${name}.\n#[inline]\npub fn ${name}<'a>(value: &'a str) -> Result<(), io::Error> {\n${repeat(count, (i) => `    let value${i} = load("}", ${i})?;\n`)}    Ok(())\n}`,
  },
  {
    file: "a.c",
    head: "#include <stdio.h>\n#define LIMIT 12\n",
    declare: (name, count) =>
      `/* Explains ${name}. */\nstatic int\n${name}(const char *value)\n{\n${repeat(count, (i) => `    int value${i} = load("}", ${i});\n`)}    return 0;\n}`,
  },
  {
    file: "A.java",
    head: "package a;\n\nimport java.util.List;\n",
    declare: (name, count) =>
      `/** Explains ${name}. */\n@Deprecated\nclass ${name} {\n  int run(List<String> value) {\n${repeat(count, (i) => `    int value${i} = load("}", ${i});\n`)}    return 0;\n  }\n}`,
  },
  {
    file: "a.rb",
    head: "require 'x'\n",
    declare: (name, count) =>
      `# Explains ${name}.\ndef ${name}(value)\n${repeat(count, (i) => `  value${i} = load("end", ${i})\n`)}  value0\nend`,
  },
];

describe.each(samples)("$file", ({ file, declare, head = "" }) => {
  const lengths = [4, 12, 20, 28, 8, 16, 24, 4, 30, 2];
  const declarations = lengths.map((count, index) => declare(`part${index}`, count));
  const text = `${head}\n${declarations.join("\n\n")}\n`;

  test("is split at declarations, and never inside one that fits", async () => {
    const chunks = await chunksOf(file, text);
    expect(chunks.length).toBeGreaterThanOrEqual(4);
    for (const declaration of declarations.filter((each) => each.length <= maxChunkChars)) {
      expect(chunks.filter((chunk) => chunk.text.includes(declaration))).toHaveLength(1);
    }
    const starts = declarations.map((each) => each.split("\n", 1)[0] ?? "");
    for (const chunk of chunks.slice(1)) expect(starts).toContain(chunk.text.split("\n", 1)[0] ?? "");
  });

  test("goes into a declaration that is too long, and keeps its comment with it", async () => {
    const long = declare("huge", 120);
    const chunks = await chunksOf(
      file,
      `${head}\n${declare("before", 20)}\n\n${long}\n\n${declare("after", 20)}\n`,
    );
    const [first = "", second = ""] = long.split("\n");
    const start = chunks.find((chunk) => chunk.text.startsWith(`${first}\n${second}\n`));
    expect(start?.text.length).toBeGreaterThan(300);
    expect(chunks.every((chunk) => chunk.text.length <= 2_000)).toBe(true);
    expect(chunks.find((chunk) => chunk.text.includes("after"))?.text).toStartWith(
      declare("after", 20).split("\n", 1)[0] ?? "-",
    );
  });
});

test("methods of a class that is too long stay whole, with the class's head before the first", async () => {
  const method = (index: number) =>
    `  /** Step ${index}. */\n  step${index}(): void {\n${repeat(16, (i) => `    this.value${i} = load("}", ${i});`)}\n  }`;
  const text = `export class Machine extends Base {\n${[0, 1, 2, 3, 4].map(method).join("\n\n")}\n}\n`;
  const chunks = await chunksOf("machine.ts", text);
  expect(chunks[0]?.text).toStartWith("export class Machine extends Base {\n  /** Step 0. */");
  for (const index of [0, 1, 2, 3, 4])
    expect(chunks.filter((chunk) => chunk.text.includes(method(index)))).toHaveLength(1);
  expect(chunks.at(-1)?.text).toEndWith("\n  }\n}");
});

test("code with faults in it is split all the same", async () => {
  const text = `function broken( {\n${repeat(200, (i) => `  if (x ${i} {{ call(;`)}\n\nfunction fine() {\n  return 1;\n}\n`;
  const chunks = await chunksOf("broken.ts", text);
  expect(chunks.map((chunk) => chunk.text).join("\n")).toContain("function fine() {\n  return 1;\n}");
  expect(chunks.every((chunk) => chunk.text.length <= 2_000)).toBe(true);
});

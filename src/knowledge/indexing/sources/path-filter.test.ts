import { describe, expect, test } from "bun:test";
import { createPathFilter } from "./path-filter.ts";

const wanted = (patterns: { include?: readonly string[]; exclude?: readonly string[] }, ...paths: string[]) =>
  paths.filter((path) => createPathFilter(patterns).isWanted(path));

describe("without patterns", () => {
  test("all is wanted but what machines write", () => {
    const paths = [
      "src/a.ts",
      "bun.lock",
      "web/package-lock.json",
      "a.min.js",
      "x/node_modules/y/z.js",
      "lock.ts",
    ];
    expect(wanted({}, ...paths)).toEqual(["src/a.ts", "lock.ts"]);
  });
});

describe("patterns", () => {
  test("without a slash are looked for in every folder", () => {
    expect(wanted({ include: ["*.md"] }, "a.md", "docs/b.md", "a.ts")).toEqual(["a.md", "docs/b.md"]);
  });

  test("with a slash start at the root", () => {
    expect(wanted({ include: ["docs/*.md"] }, "docs/a.md", "x/docs/a.md", "docs/y/a.md")).toEqual([
      "docs/a.md",
    ]);
    expect(wanted({ include: ["./a.md"] }, "a.md", "x/a.md")).toEqual(["a.md"]);
  });

  test("that name a folder mean all it holds", () => {
    expect(wanted({ exclude: ["src/generated/"] }, "src/a.ts", "src/generated/b/c.ts")).toEqual(["src/a.ts"]);
    expect(wanted({ include: ["docs"] }, "docs/a/b.md", "src/docs/c.md", "d.md")).toEqual([
      "docs/a/b.md",
      "src/docs/c.md",
    ]);
  });

  test("to leave out win over those to take", () => {
    expect(wanted({ include: ["*.ts"], exclude: ["*.test.ts"] }, "a.ts", "a.test.ts")).toEqual(["a.ts"]);
  });

  test("to take may name what is otherwise left out", () => {
    expect(wanted({ include: ["bun.lock"] }, "bun.lock", "a.ts")).toEqual(["bun.lock"]);
  });

  test("that are empty, too long or too many are refused", () => {
    expect(() => createPathFilter({ include: [""] })).toThrow("include: a pattern has 1 to 500 characters");
    expect(() => createPathFilter({ exclude: ["x".repeat(501)] })).toThrow("exclude: a pattern");
    const many = Array.from({ length: 101 }, () => "x");
    expect(() => createPathFilter({ exclude: many })).toThrow("101 patterns");
  });
});

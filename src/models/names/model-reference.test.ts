import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { AppError } from "../../base/index.ts";
import { formatReference, type ModelReference, parseReference } from "./model-reference.ts";

function reasonFor(text: string, options = {}): string {
  try {
    parseReference(text, options);
  } catch (error) {
    if (error instanceof AppError && error.code === "invalid_request") return error.message;
    throw error;
  }
  throw new Error(`${text} was taken`);
}

describe("registry names", () => {
  const library = { kind: "registry", host: "registry.ollama.ai", namespace: "library" } as const;

  test("a bare name gets the default host, namespace and tag", () => {
    expect(parseReference("qwen3")).toEqual({ ...library, model: "qwen3", tag: "latest" });
  });

  test("a tag is kept as it is written", () => {
    expect(parseReference("qwen3:0.6b-Q8_0")).toEqual({ ...library, model: "qwen3", tag: "0.6b-Q8_0" });
  });

  test("two parts are a namespace and a name", () => {
    expect(parseReference("mike/tuned:v1")).toEqual({
      ...library,
      namespace: "mike",
      model: "tuned",
      tag: "v1",
    });
  });

  test("three parts begin with a host, which may have a port", () => {
    const expected = {
      kind: "registry",
      host: "localhost:5000",
      namespace: "a",
      model: "b",
      tag: "c",
    } as const;
    expect(parseReference("LocalHost:5000/a/b:c")).toEqual(expected);
    expect(formatReference(expected)).toBe("localhost:5000/a/b:c");
  });

  test.each([
    ["qwen3", "qwen3:latest"],
    ["library/qwen3:0.6b", "qwen3:0.6b"],
    ["registry.ollama.ai/library/qwen3:0.6b", "qwen3:0.6b"],
    ["registry.ollama.ai/mike/tuned", "mike/tuned:latest"],
    ["example.com/library/qwen3", "example.com/library/qwen3:latest"],
  ])("%s is written %s", (text, expected) => {
    expect(formatReference(parseReference(text))).toBe(expected);
  });

  test.each([
    ["", "is empty"],
    ["a/b/c/d", "at most three parts"],
    ["a//b", "namespace is empty"],
    ["a:", "tag is empty"],
    ["a:b:c", "more than one tag"],
    ["example.com/model", "example.com/library/model"],
    ["a b", "character other than"],
    ["-rf", "starts with neither"],
    ["a..b", "two dots"],
    ["host:99999999/a/b", "port"],
    ["a\u0000b", "control character"],
    ["ftp://example.com/a.gguf", "only https"],
    [`a${"b".repeat(255)}`, "at most 255"],
  ])("%j is refused because: %s", (text, reason) => {
    expect(reasonFor(text)).toContain(reason);
  });
});

describe("Hugging Face names", () => {
  const hub = { kind: "hugging-face", organisation: "org", repository: "repo", revision: "main" } as const;
  const quant = { by: "quant", quant: "Q4_K_M" } as const;

  test.each([
    ["hf.co/org/repo", { ...hub, choice: { by: "default" } }],
    ["hf.co/org/repo:latest", { ...hub, choice: { by: "default" } }],
    ["huggingface.co/org/repo:q4_k_m", { ...hub, choice: quant }],
    ["https://huggingface.co/org/repo:Q4_K_M", { ...hub, choice: quant }],
    ["hf.co/org/repo@v2:Q4_K_M", { ...hub, revision: "v2", choice: quant }],
    ["hf.co/org/repo:a.gguf", { ...hub, choice: { by: "file", file: "a.gguf" } }],
    ["hf.co/org/repo/sub/a.gguf", { ...hub, choice: { by: "file", file: "sub/a.gguf" } }],
    ["https://hf.co/org/repo/", { ...hub, choice: { by: "default" } }],
    ["https://huggingface.co/org/repo/tree/dev", { ...hub, revision: "dev", choice: { by: "default" } }],
    [
      "https://huggingface.co/org/repo/blob/main/s/a.gguf",
      { ...hub, choice: { by: "file", file: "s/a.gguf" } },
    ],
    [
      "https://huggingface.co/org/repo/resolve/dev/a.gguf?download=true",
      { ...hub, revision: "dev", choice: { by: "file", file: "a.gguf" } },
    ],
  ] satisfies [string, ModelReference][])("%s is read", (text, expected) => {
    expect(parseReference(text)).toEqual(expected);
  });

  test.each([
    ["huggingface.co/org/repo:q4_k_m", "hf.co/org/repo:Q4_K_M"],
    ["hf.co/org/repo@v2/a.gguf", "hf.co/org/repo@v2/a.gguf"],
    ["hf.co/org/repo", "hf.co/org/repo:latest"],
  ])("%s is written %s", (text, expected) => {
    expect(formatReference(parseReference(text))).toBe(expected);
  });

  test.each([
    ["hf.co/org", "organisation and a repository"],
    ["hf.co/org/repo:Q4/a.gguf", "cannot both"],
    ["hf.co/org/repo/readme.md", "no .gguf file"],
    ["hf.co/org/repo/../a.gguf", "two dots"],
    ["hf.co/org/repo@:Q4", "revision"],
    ["https://huggingface.co/org/repo/discussions/1", "address of the repository"],
  ])("%s is refused because: %s", (text, reason) => {
    expect(reasonFor(text)).toContain(reason);
  });
});

describe("addresses and paths", () => {
  test.each([
    "https://example.com/a/b.gguf?sig=1",
    "http://127.0.0.1:8080/b.gguf",
    "http://localhost/b.gguf",
  ])("%s is an address", (url) => {
    expect(parseReference(url)).toEqual({ kind: "url", url });
  });

  test("plain http to another machine is refused unless it is allowed", () => {
    expect(reasonFor("http://example.com/a.gguf")).toContain("use https://");
    expect(parseReference("http://example.com/a.gguf", { allowInsecure: true }).kind).toBe("url");
  });

  test.each(["/a/b", "./a", "../a", "~/a.gguf", "a.gguf", "models/a.GGUF"])("%s is a path", (path) => {
    expect(parseReference(path)).toEqual({ kind: "path", path });
  });

  test.each([
    ["https://user:secret@example.com/a.gguf", "password"],
    ["https://example.com/a.zip", "ends in .gguf"],
    ["https://", "no valid address"],
  ])("%s is refused because: %s", (text, reason) => {
    expect(reasonFor(text)).toContain(reason);
  });
});

const partChars = fc.constantFrom(..."abcXYZ019_-");
const part = fc
  .tuple(fc.constantFrom(..."aZ0_"), fc.string({ unit: partChars, maxLength: 12 }))
  .map((pieces) => pieces.join(""));
const choice = fc.oneof(
  fc.constant({ by: "default" } as const),
  part
    .filter((text) => text.toLowerCase() !== "latest")
    .map((text) => ({ by: "quant", quant: text.toUpperCase() }) as const),
  fc
    .array(part, { minLength: 1, maxLength: 3 })
    .map((parts) => ({ by: "file", file: `${parts.join("/")}.gguf` }) as const),
);
const reference: fc.Arbitrary<ModelReference> = fc.oneof(
  fc.record({
    kind: fc.constant("registry"),
    host: fc.constantFrom("registry.ollama.ai", "example.com:5000"),
    namespace: part,
    model: part,
    tag: part,
  }),
  fc.record({
    kind: fc.constant("hugging-face"),
    organisation: part,
    repository: part,
    revision: fc.oneof(fc.constant("main"), part),
    choice,
  }),
  fc
    .webPath()
    .map((path) => ({ kind: "url", url: new URL(`https://example.com/${path}x.gguf`).href }) as const),
  part.map((text) => ({ kind: "path", path: `./${text}` }) as const),
);

test("what is written reads as the same reference", () => {
  fc.assert(fc.property(reference, (one) => expect(parseReference(formatReference(one))).toEqual(one)));
});

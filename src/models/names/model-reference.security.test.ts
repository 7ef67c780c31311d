import { expect, test } from "bun:test";
import fc from "fast-check";
import { AppError } from "../../base/index.ts";
import { toModelName } from "./model-name.ts";
import { formatReference, type ModelReference, parseReference } from "./model-reference.ts";

const hostile = fc.oneof(
  fc.string({ unit: "binary", maxLength: 300 }),
  fc.string({ unit: fc.constantFrom(..."ab.:/@~-_%\\?#\0\n "), maxLength: 40 }),
  fc
    .tuple(
      fc.constantFrom(
        "hf.co/",
        "https://huggingface.co/",
        "https://x.org/",
        "a/",
        "/",
        "h.co:1/a/",
        "http://[::1]/",
      ),
      fc.string({ unit: fc.constantFrom(..."ab.:/@~-%2eF\\?"), maxLength: 40 }),
      fc.constantFrom("", ".gguf", ":latest", "/..", "\u0000"),
    )
    .map((pieces) => pieces.join("")),
);

function partsOf(reference: ModelReference): readonly string[] {
  switch (reference.kind) {
    case "registry":
      return [reference.host, reference.namespace, reference.model, reference.tag];
    case "hugging-face": {
      const { organisation, repository, revision, choice } = reference;
      const chosen =
        choice.by === "file" ? choice.file.split("/") : choice.by === "quant" ? [choice.quant] : [];
      return [organisation, repository, revision, ...chosen];
    }
    default:
      return [];
  }
}

function parseOrRefuse(text: string): ModelReference | undefined {
  try {
    return parseReference(text);
  } catch (error) {
    expect(error).toBeInstanceOf(AppError);
    return undefined;
  }
}

test("hostile text is refused with an AppError or read into parts that cannot leave a folder", () => {
  const check = (text: string) => {
    const reference = parseOrRefuse(text);
    if (!reference) return;
    for (const part of partsOf(reference)) {
      expect(part).toMatch(/^\w[\w.:-]*$/);
      expect(part).not.toContain("..");
    }
  };
  fc.assert(fc.property(hostile, check), { numRuns: 5000 });
});

test("every name is at most 255 safe characters, whatever the reference", () => {
  const check = (text: string) => {
    const reference = parseOrRefuse(text);
    if (!reference) return;
    const name = toModelName(reference);
    expect(name).toMatch(/^\w[\w./:-]{0,254}$/);
    expect(name).not.toContain("..");
    expect(parseReference(formatReference(reference))).toEqual(reference);
  };
  fc.assert(fc.property(hostile, check), { numRuns: 5000 });
});

test("a refusal repeats neither the password nor the query of an address", () => {
  for (const text of ["https://user:secret@example.com/a.gguf", "https://example.com/a.zip?sig=secret"]) {
    expect(() => parseReference(text)).toThrow(expect.not.stringContaining("secret") as unknown as string);
  }
});

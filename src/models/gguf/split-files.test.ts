import { expect, test } from "bun:test";
import { rmSync, symlinkSync, writeFileSync } from "node:fs";
import { AppError } from "../../base/index.ts";
import { encodeGguf, type GgufModel } from "../../testing/gguf/gguf-writer.ts";
import { createTinyModel, zeroTensor } from "../../testing/gguf/tiny-model.ts";
import { createTemporaryFolder, type TemporaryFolder } from "../../testing/temporary-folder.ts";
import { checkModelHeader } from "./check-model.ts";
import { describeGguf } from "./describe.ts";
import { findParts, parsePartName, readModelFiles } from "./split-files.ts";

type PartChanges = {
  readonly no?: number;
  readonly count?: number;
  readonly total?: number;
  readonly name?: string;
};

function createPart(index: number, changes: PartChanges = {}): GgufModel {
  const { no = index, count = 3, total = 3, name = `blk.${index}.ffn_up.weight` } = changes;
  const split = {
    "split.no": { type: "uint32", value: no },
    "split.count": { type: "uint32", value: count },
    "split.tensors.count": { type: "int32", value: total },
  } as const;
  const tensor = index === 0 ? zeroTensor("token_embd.weight", [32, 4]) : zeroTensor(name, [32, 8]);
  return index === 0
    ? createTinyModel({ metadata: split, tensors: [tensor] })
    : { metadata: split, tensors: [tensor] };
}

/** Writes three parts, one of them changed, and returns the path of the first. */
function writeParts(folder: TemporaryFolder, changed?: number, changes?: PartChanges): string {
  for (const index of [0, 1, 2]) {
    const part = createPart(index, index === changed ? changes : undefined);
    writeFileSync(folder.file(`tiny-0000${index + 1}-of-00003.gguf`), encodeGguf(part));
  }
  return folder.file("tiny-00001-of-00003.gguf");
}

test.each([
  ["tiny-00002-of-00003.gguf", { stem: "tiny", number: 2, count: 3 }],
  ["a-b-00001-of-00001.GGUF", { stem: "a-b", number: 1, count: 1 }],
  ["tiny-00004-of-00003.gguf", undefined],
  ["tiny-00000-of-00003.gguf", undefined],
  ["tiny-1-of-3.gguf", undefined],
  ["tiny.gguf", undefined],
  ["tiny-00001-of-99999.gguf", undefined],
])("the name %s says %j", (name, expected) => {
  expect(parsePartName(name)).toEqual(expected);
});

test("the parts of a split model are described as one model", () => {
  using folder = createTemporaryFolder();
  const first = writeParts(folder);
  expect(findParts(first)).toHaveLength(3);
  const { header, parts } = readModelFiles(first);
  checkModelHeader(first, header);
  const bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
  expect(describeGguf(first)).toMatchObject({
    architecture: "llama",
    parameters: 32 * 4 + 2 * 32 * 8,
    tensors: 3,
    parts: 3,
    fileBytes: bytes,
  });
});

test("a missing part is an error that names it", () => {
  using folder = createTemporaryFolder();
  const first = writeParts(folder);
  rmSync(folder.file("tiny-00002-of-00003.gguf"));
  expect(() => describeGguf(first)).toThrow("tiny-00002-of-00003.gguf is missing");
});

test("a part whose links go round in a circle is an error that names it", () => {
  using folder = createTemporaryFolder();
  const first = writeParts(folder);
  const second = folder.file("tiny-00002-of-00003.gguf");
  rmSync(second);
  symlinkSync(second, second);
  expect(() => findParts(first)).toThrow(AppError);
  expect(() => findParts(first)).toThrow(`cannot read ${second}: ELOOP`);
});

test("a later part points to the first", () => {
  using folder = createTemporaryFolder();
  writeParts(folder);
  expect(() => findParts(folder.file("tiny-00002-of-00003.gguf"))).toThrow(
    /part 2 of 3.*tiny-00001-of-00003\.gguf/,
  );
});

test("a first part under another name says how it must be called", () => {
  using folder = createTemporaryFolder();
  writeFileSync(folder.file("renamed.gguf"), encodeGguf(createPart(0)));
  expect(() => describeGguf(folder.file("renamed.gguf"))).toThrow("name it renamed-00001-of-00003.gguf");
});

test.each<[string, number, PartChanges, string]>([
  ["another number", 1, { no: 2 }, "it says that it is part 3"],
  ["another count of parts", 2, { count: 4 }, "it says that there are 4 parts"],
  ["another count of tensors", 1, { total: 9 }, "it counts other tensors"],
  ["a tensor of another part", 2, { name: "blk.1.ffn_up.weight" }, "is there twice"],
])("a part with %s does not fit the others", (_, changed, changes, expected) => {
  using folder = createTemporaryFolder();
  const first = writeParts(folder, changed, changes);
  expect(() => describeGguf(first)).toThrow(expected);
});

test("parts that hold fewer tensors than they say do not fit", () => {
  using folder = createTemporaryFolder();
  for (const index of [0, 1, 2]) {
    const part = createPart(index, { total: 5 });
    writeFileSync(folder.file(`tiny-0000${index + 1}-of-00003.gguf`), encodeGguf(part));
  }
  expect(() => describeGguf(folder.file("tiny-00001-of-00003.gguf"))).toThrow(
    "hold 3 tensors and should hold 5",
  );
});

test("a later part alone is refused as what it is", () => {
  using folder = createTemporaryFolder();
  writeParts(folder);
  const { header } = readModelFiles(folder.file("tiny-00002-of-00003.gguf"));
  expect(() => checkModelHeader("it", header)).toThrow("it is part 2 of a model; give the first part");
});

import { describe, expect, test } from "bun:test";
import type { FileChoice } from "../names/model-reference.ts";
import { chooseFiles, type HubFile } from "./choose-files.ts";

function choose(paths: readonly string[], choice: FileChoice = { by: "default" }) {
  const files: readonly HubFile[] = paths.map((path) => ({ path, bytes: 1, oid: "" }));
  const { model, projector } = chooseFiles("org/repo", files, choice);
  return { model: model.map(({ path }) => path), projector: projector?.path };
}

const quant = (name: string): FileChoice => ({ by: "quant", quant: name });

test.each([
  [["m-Q8_0.gguf", "m-Q4_K_M.gguf", "m-F16.gguf"], "m-Q4_K_M.gguf"],
  [["m-F16.gguf", "m-Q8_0.gguf", "m-Q4_0.gguf"], "m-Q8_0.gguf"],
  [["m.f16.gguf", "m.q5_k_m.gguf"], "m.q5_k_m.gguf"],
  [["README.md", "model.gguf"], "model.gguf"],
  [["m-UD-Q4_K_M.gguf", "m-Q4_K_M.gguf"], "m-Q4_K_M.gguf"],
  [["mmproj-Q4_K_M.gguf", "m-imatrix.gguf", "mtp-m-Q4_K_M.gguf", "m-Q2_K.gguf"], "m-Q2_K.gguf"],
])("of %j without a wish, %s is taken", (paths, expected) => {
  expect(choose(paths).model).toEqual([expected]);
});

test.each([
  ["Q4_0", ["m-IQ4_0.gguf", "m-Q4_0_4_4.gguf", "m-Q4_0.gguf"], "m-Q4_0.gguf"],
  ["Q4_K_XL", ["m-UD-Q4_K_XL.gguf"], "m-UD-Q4_K_XL.gguf"],
  ["Q8_0", ["Q8_0/m.gguf", "m-F16.gguf"], "Q8_0/m.gguf"],
  ["F16", ["m-BF16.gguf", "m.f16.gguf"], "m.f16.gguf"],
])("%s is found among %j", (name, paths, expected) => {
  expect(choose(paths, quant(name)).model).toEqual([expected]);
});

test("a quantisation that is not there is an error that lists what is", () => {
  expect(() => choose(["m-Q8_0.gguf", "README.md"], quant("Q4_K_M"))).toThrow(
    "org/repo has no file of the quantisation Q4_K_M; choose one of m-Q8_0.gguf",
  );
});

test("a repository without a GGUF is an error that says so", () => {
  expect(() => choose(["model.safetensors"])).toThrow(
    "org/repo has no GGUF model; it may hold another format",
  );
});

describe("split models", () => {
  const parts = [
    "q/m-Q8_0-00002-of-00003.gguf",
    "q/m-Q8_0-00001-of-00003.gguf",
    "q/m-Q8_0-00003-of-00003.gguf",
  ];

  test("all parts come, in order", () => {
    expect(choose(parts).model).toEqual(parts.toSorted());
  });

  test("also when a later part was named", () => {
    expect(choose(parts, { by: "file", file: "q/m-Q8_0-00003-of-00003.gguf" }).model).toEqual(
      parts.toSorted(),
    );
  });

  test("a part that is missing is named", () => {
    expect(() => choose(parts.slice(1))).toThrow("lacks q/m-Q8_0-00002-of-00003.gguf");
  });
});

describe("projectors", () => {
  test("the one in the same folder comes along, nearest in bits", () => {
    const paths = [
      "a/m-Q4_K_M.gguf",
      "a/mmproj-F16.gguf",
      "a/mmproj-Q8_0.gguf",
      "mmproj-Q4_0.gguf",
      "b/mmproj-Q4_0.gguf",
    ];
    expect(choose(paths, quant("Q4_K_M")).projector).toBe("a/mmproj-Q8_0.gguf");
  });

  test("one from above is taken where the folder has none", () => {
    expect(choose(["a/m-Q4_K_M.gguf", "mmproj-F16.gguf"]).projector).toBe("mmproj-F16.gguf");
  });

  test("one from another folder is not", () => {
    expect(choose(["a/m-Q4_K_M.gguf", "b/mmproj-F16.gguf"]).projector).toBeUndefined();
  });
});

test("a file is found by its name, whatever the case of its letters", () => {
  expect(choose(["Sub/M.gguf"], { by: "file", file: "sub/m.gguf" }).model).toEqual(["Sub/M.gguf"]);
});

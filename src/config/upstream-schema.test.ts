import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createTemporaryFolder } from "../testing/index.ts";
import { mergeConfig } from "./merge-config.ts";

function readUpstreams(upstreams: unknown) {
  using folder = createTemporaryFolder();
  const file = folder.file("config.json");
  writeFileSync(file, JSON.stringify({ upstreams }));
  const config = mergeConfig({ flags: {}, environment: {}, file, memoryBytes: 2 ** 33 });
  return { upstreams: config.upstreams, folder: folder.path };
}

function messageOf(upstreams: unknown): string {
  try {
    readUpstreams(upstreams);
    return "";
  } catch (error) {
    return error instanceof Error ? error.message : "";
  }
}

const big = { name: "big", url: "https://api.example.com/v1" };

test("an upstream of a flag is a name and an address, and speaks the protocol of OpenAI", () => {
  const { upstreams } = mergeConfig({
    ...{ environment: {}, memoryBytes: 2 ** 33 },
    flags: { upstreams: ["big=https://api.example.com/v1?a=b", "near=http://10.0.0.2:11435"] },
  });
  expect(upstreams).toEqual([
    { name: "big", url: "https://api.example.com/v1?a=b", kind: "openai", models: {} },
    { name: "near", url: "http://10.0.0.2:11435", kind: "openai", models: {} },
  ]);
});

test("an upstream of a file says all that is known of it, and the path of its key is relative to the file", () => {
  const models = { large: { contextTokens: 200_000, inputUsd: 3, outputUsd: 15 } };
  const given = { ...big, kind: "anthropic", key: "file:keys/big", models, requestsPerMinute: 50 };
  const { upstreams, folder } = readUpstreams([given]);
  expect(upstreams[0]).toEqual({
    ...{ ...big, kind: "anthropic", models, requestsPerMinute: 50 },
    key: `file:${join(folder, "keys/big")}`,
  });
});

test.each([
  [
    [{ ...big, url: "api.example.com" }],
    "upstreams[0].url: expected an address such as https://api.openai.com/v1",
  ],
  [
    [{ ...big, url: "https://me:pw-1234@example.com" }],
    "upstreams[0].url: expected an address without user and password",
  ],
  [[{ name: "big" }], "upstreams[0].url: expected an address"],
  [[{ ...big, kind: "gemini" }], "upstreams[0].kind: expected openai, anthropic or hearth"],
  [[big, { ...big, name: "Big" }], "upstreams[1].name: expected a name of a-z, 0-9 and -"],
  [[big, big], "upstreams[1].name: expected names of their own, and big is there twice"],
  [
    [{ ...big, models: { m: { inputUsd: -1 } } }],
    "upstreams[0].models.m.inputUsd: expected USD for a million tokens",
  ],
  [[{ ...big, keys: "x" }], 'upstreams[0]: Unrecognized key: "keys"'],
  [["big"], "upstreams[0]: expected NAME=URL"],
])("what is wrong with %j is told with the field's name", (upstreams, expected) => {
  expect(messageOf(upstreams)).toContain(expected);
});

test("a key or password written where it does not belong is not shown", () => {
  const misplaced = messageOf([{ ...big, key: "sk-secret-1234" }]);
  expect(misplaced).toContain("upstreams[0].key: expected env:NAME or file:PATH, never the key itself");
  expect(misplaced).not.toContain("sk-secret");
  expect(messageOf([{ ...big, url: "https://me:pw-1234@example.com" }])).not.toContain("pw-1234");
  expect(messageOf(`sk-secret-1234`)).not.toContain("sk-secret");
});

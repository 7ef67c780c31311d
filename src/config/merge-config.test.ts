import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AppError } from "../base/index.ts";
import { createTemporaryFolder } from "../testing/index.ts";
import { isLoopback } from "./loopback.ts";
import { type ConfigSources, mergeConfig } from "./merge-config.ts";

const gib = 2 ** 30;

function load(sources: Partial<ConfigSources>) {
  return mergeConfig({ flags: {}, environment: {}, ...sources });
}

function messageOf(sources: Partial<ConfigSources>): string {
  try {
    load(sources);
  } catch (error) {
    expect(error).toBeInstanceOf(AppError);
    expect(error).toHaveProperty("code", "invalid_request");
    return error instanceof AppError ? error.message : "";
  }
  return "accepted";
}

test("with nothing given the demo model is served on the loopback port that clients expect", () => {
  const config = load({ memoryBytes: 64 * gib });
  expect(config).toMatchObject({
    host: "127.0.0.1",
    port: 11434,
    models: ["hearth-demo"],
    apiKeys: [],
    queue: 64,
  });
  expect(config.prefixCacheMiB).toBe(2048);
  expect(load({ memoryBytes: 4 * gib }).prefixCacheMiB).toBe(512);
});

test("flags win over the environment, which wins over the file, which wins over defaults", () => {
  using folder = createTemporaryFolder();
  const file = folder.file("config.json");
  writeFileSync(file, JSON.stringify({ port: 1001, queue: 1001, parallel: 11 }));
  const config = load({
    file,
    environment: { HEARTH_PORT: "1002", HEARTH_QUEUE: "1002" },
    flags: { port: "1003" },
  });
  expect(config).toMatchObject({ port: 1003, queue: 1002, parallel: 11, eviction: "lru" });
});

test("HEARTH_CONFIG names the file where --config does not", () => {
  using folder = createTemporaryFolder();
  writeFileSync(folder.file("config.json"), '{"port": 4321}');
  expect(load({ environment: { HEARTH_CONFIG: folder.file("config.json") } }).port).toBe(4321);
});

test("paths in a file are relative to the file and model names stay names", () => {
  using folder = createTemporaryFolder();
  const file = folder.file("config.json");
  const models = ["hearth-demo", "./a.gguf", "b.gguf", "hf.co/org/repo:Q8_0", "someone/model:1b"];
  writeFileSync(file, JSON.stringify({ home: "state", models, modelFolders: ["files"] }));
  expect(load({ file })).toMatchObject({
    home: folder.file("state"),
    models: ["hearth-demo", folder.file("a.gguf"), folder.file("b.gguf"), ...models.slice(3)],
    modelFolders: [folder.file("files")],
  });
});

test("an unknown key in the file is named", () => {
  using folder = createTemporaryFolder();
  writeFileSync(folder.file("config.json"), '{"prot": 1}');
  expect(messageOf({ file: folder.file("config.json") })).toStartWith('unknown option "prot" in ');
});

test.each([
  ["", "is not JSON"],
  ["[]", "must hold one JSON object"],
  ['{"port": "80"}', '"port" in'],
  ['{"models": []}', "expected at least one model"],
  ['{"models": "x"}', "expected a list"],
])("a file with %s is refused with a reason", (content, expected) => {
  using folder = createTemporaryFolder();
  writeFileSync(folder.file("config.json"), content);
  expect(messageOf({ file: folder.file("config.json") })).toContain(expected);
});

test("a file that does not exist is named", () => {
  expect(messageOf({ file: "/nonexistent/hearth.json" })).toContain("/nonexistent/hearth.json");
});

test.each([
  [{ flags: { port: "65536" } }, "--port: expected a whole number from 0 to 65535, got 65536"],
  [{ flags: { port: "-1" } }, "--port: expected a whole number from 0 to 65535, got -1"],
  [{ flags: { port: "NaN" } }, '--port: expected a whole number from 0 to 65535, got "NaN"'],
  [{ flags: { parallel: "0" } }, "--parallel: expected a whole number from 1 to 256, got 0"],
  [
    { environment: { HEARTH_QUEUE: "many" } },
    'HEARTH_QUEUE: expected a whole number from 0 to 100000, got "many"',
  ],
  [{ flags: { maxModels: "0" } }, "--max-models: expected a whole number from 1 to 256, got 0"],
  [{ flags: { keepAlive: ["soon"] } }, "--keep-alive: expected a duration such as 5m"],
  [{ flags: { modelPriorities: ["x"] } }, "--model-priority: expected a name and a number"],
  [{ environment: { HF_ENDPOINT: "ftp://x" } }, "HF_ENDPOINT: expected an address such as"],
  [{ flags: { kvType: "q3" } }, '--kv-type: expected one of f16, q8_0, f32, got "q3"'],
  [{ flags: { logLevel: "loud" } }, '--log-level: expected one of debug, info, warn, error, got "loud"'],
  [{ flags: { allowedOrigins: ["localhost"] } }, "--allow-origin: expected origins such as"],
])("a wrong value is refused by the name it was given under: %j", (sources, expected) => {
  expect(messageOf(sources)).toStartWith(expected);
});

test("a key that is not valid is refused without being shown", () => {
  const message = messageOf({ environment: { HEARTH_API_KEY: "se cret" } });
  expect(message).toStartWith("HEARTH_API_KEY: expected keys of printable ASCII");
  expect(message).not.toContain("cret");
});

test("a token for Hugging Face is not shown either", () => {
  expect(messageOf({ environment: { HF_TOKEN: "hf se" } })).not.toContain("hf se");
});

test("keys come from a comma list in the environment and from a repeated flag", () => {
  expect(load({ environment: { HEARTH_API_KEY: "one, two" } }).apiKeys).toEqual(["one", "two"]);
  expect(load({ flags: { apiKeys: ["three", "four"] } }).apiKeys).toEqual(["three", "four"]);
});

test.each(["0.0.0.0", "::", "192.168.1.4", "example.org", "127.evil.example"])(
  "listening on %s needs a key",
  (host) => {
    expect(messageOf({ flags: { host } })).toContain("set HEARTH_API_KEY or --api-key");
    expect(load({ flags: { host }, environment: { HEARTH_API_KEY: "k" } }).host).toBe(host);
  },
);

test("loopback addresses need no key", () => {
  expect(["127.0.0.1", "127.1.2.3", "::1", "localhost"].map(isLoopback)).toEqual([true, true, true, true]);
});

test("the home folder is found without any environment", () => {
  expect(load({}).home).toBe(join(tmpdir(), `hearth-${process.getuid?.()}`));
  expect(load({ environment: { HOME: "/home/ada" } }).home).toBe("/home/ada/.hearth");
  expect(load({ environment: { HOME: "/home/ada", XDG_DATA_HOME: "/data" } }).home).toBe("/data/hearth");
  expect(load({ environment: { HOME: "/home/ada", HEARTH_HOME: "/srv/hearth" } }).home).toBe("/srv/hearth");
});

test("the value is frozen, its lists included", () => {
  const config = load({});
  expect(Object.isFrozen(config)).toBe(true);
  expect(Object.isFrozen(config.models)).toBe(true);
});

const trustedKey = `ed25519:${"A".repeat(43)}=`;

test("trusted keys are public keys as they are printed when a plugin is signed", () => {
  expect(load({ environment: { HEARTH_TRUSTED_KEY: `${trustedKey}, ${trustedKey}` } }).trustedKeys).toEqual([
    trustedKey,
    trustedKey,
  ]);
  expect(messageOf({ flags: { trustedKeys: ["ssh-ed25519 AAAA"] } })).toStartWith(
    "--trusted-key: expected keys as `hearth plugin sign` prints them",
  );
});

test("signatures of plugins are not required unless that is said", () => {
  expect(load({}).requireSigned).toBe("off");
  expect(load({ environment: { HEARTH_REQUIRE_SIGNED: "on" } }).requireSigned).toBe("on");
});

test("a refused admin key is not repeated in the message", () => {
  const message = messageOf({ flags: { adminKeys: ["with spaces in it"] } });
  expect(message).toStartWith("--admin-key: expected keys");
  expect(message).not.toContain("with spaces");
});

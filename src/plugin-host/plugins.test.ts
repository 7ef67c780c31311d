import { expect, test } from "bun:test";
import { appendFileSync, readdirSync } from "node:fs";
import { getPriority } from "node:os";
import { basename, join } from "node:path";
import { AppError } from "../base/index.ts";
import {
  endlessLoop,
  type GuestWriter,
  makeJudge,
  makeJudgeOf,
  makeSpinningJudge,
  op,
  packPlugin,
  type WasmBytes,
  waitUntil,
  writeGuest,
} from "../testing/index.ts";
import { PluginFailure } from "./failure.ts";
import { toSpec } from "./guest-spec.ts";
import { maxDepth } from "./plugins.ts";
import { openTestPlugins } from "./plugins-fixture.ts";
import { strikeWindowMs } from "./quarantine.ts";
import type { ConfigValue } from "./store/plugin-record.ts";
import { createSigningKey, signModule } from "./wasm/signature.ts";

const pass = JSON.stringify({ verdict: "pass", score: 1 });
const source = "test";

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return "ok";
  } catch (error) {
    if (error instanceof PluginFailure || error instanceof AppError) return error.code;
    throw error;
  }
}

test("a plugin that was added judges, and its output is read by the contract", async () => {
  await using test = openTestPlugins();
  await test.plugins.add({ bytes: makeJudge("nice", pass), source });
  const result = await test.plugins.judge("nice", { response: "hello" });
  expect(result).toMatchObject({ ok: true, output: { verdict: "pass", score: 1, reasons: [], metrics: {} } });
  expect(test.calls).toMatchObject([{ plugin: "nice", function: "judge", outcome: "ok" }]);
});

test.each([
  ["a score above 1", { verdict: "pass", score: 1.5 }, "output_invalid"],
  ["an unknown verdict", { verdict: "splendid" }, "output_invalid"],
  ["a field that the contract does not have", { verdict: "pass", extra: 1 }, "output_invalid"],
  ["a metric that is text", { verdict: "pass", metrics: { length: "3" } }, "output_invalid"],
])("%s is a failure and no value", async (_, output, code) => {
  await using test = openTestPlugins();
  await test.plugins.add({ bytes: makeJudge("odd", JSON.stringify(output)), source });
  expect(await test.plugins.judge("odd", { response: "" })).toMatchObject({ ok: false, failure: { code } });
});

test("NaN, half a text and a text that is not UTF-8 are failures of their own", async () => {
  await using test = openTestPlugins();
  for (const [name, output, code] of [
    ["nan", '{"verdict":"pass","score":NaN}', "output_not_json"],
    ["half", '{"verdict":"pa', "output_not_json"],
    ["deep", `${"[".repeat(1_000)}${"]".repeat(1_000)}`, "output_not_json"],
  ] as const) {
    await test.plugins.add({ bytes: makeJudge(name, output), source });
    expect(await test.plugins.judge(name, { response: "" })).toMatchObject({ failure: { code } });
  }
});

test("what was added is there after a restart, for another process too, and gone once it is removed", async () => {
  await using test = openTestPlugins();
  await test.plugins.add({ bytes: makeJudge("kept", pass), source: "file.wasm" });
  await using other = openTestPlugins({ home: test.folder.path });
  expect(await other.plugins.get("kept")).toMatchObject({ source: "file.wasm", isEnabled: true });
  expect(await other.plugins.judge("kept", { response: "" })).toMatchObject({ ok: true });
  await other.plugins.remove("kept");
  test.time.nowMs += 1_000;
  expect(await codeOf(test.plugins.get("kept"))).toBe("plugin_not_found");
  expect(readdirSync(join(test.folder.path, "plugins"))).toEqual([]);
});

test("a file that was changed after it was added is not run", async () => {
  await using test = openTestPlugins();
  const { path } = await test.plugins.add({ bytes: makeJudge("pinned", pass), source });
  appendFileSync(path, new Uint8Array([0, 2, 1, 0x78]));
  expect(await test.plugins.judge("pinned", { response: "" })).toMatchObject({
    failure: { code: "plugin_changed" },
  });
});

test("a module without the export of its kind is not added, and leaves nothing behind", async () => {
  await using test = openTestPlugins();
  const bytes = makeJudge("mute", pass, { parts: { exports: { other: 0 } } });
  expect(await codeOf(test.plugins.add({ bytes, source }))).toBe("plugin_not_implemented");
  expect(readdirSync(join(test.folder.path, "plugins"))).toEqual([]);
});

test("a manifest of another version of the contract is refused, and one that is wrong names the field", async () => {
  await using test = openTestPlugins();
  const make = (manifest: object) => ({ bytes: makeJudge("old", pass, { manifest }), source });
  expect(await codeOf(test.plugins.add(make({ contract: 2 })))).toBe("contract_unsupported");
  const wrong = test.plugins.add(make({ permissions: { http: { hosts: ["x.test"] } } }));
  expect(wrong).rejects.toThrow("permissions.http.reason");
  expect(await codeOf(wrong)).toBe("manifest_invalid");
});

test("a plugin may not take the name of one that the executable carries", async () => {
  await using test = openTestPlugins();
  const bytes = makeJudge("length-and-keywords", pass);
  expect(await codeOf(test.plugins.add({ bytes, source }))).toBe("conflict");
});

test("a disabled plugin does not run until it is enabled", async () => {
  await using test = openTestPlugins();
  await test.plugins.add({ bytes: makeJudge("switch", pass), source });
  await test.plugins.setEnabled("switch", false);
  expect(await test.plugins.judge("switch", { response: "" })).toMatchObject({
    failure: { code: "plugin_disabled" },
  });
  await test.plugins.setEnabled("switch", true);
  expect(await test.plugins.judge("switch", { response: "" })).toMatchObject({ ok: true });
});

test("two broken limits within ten minutes are a quarantine, which enabling ends", async () => {
  await using test = openTestPlugins();
  const { plugins, time } = test;
  await plugins.add({ bytes: makeSpinningJudge("spin"), source }, { limits: { timeoutMs: 100 } });
  const judge = () => plugins.judge("spin", { response: "" });
  expect(await judge()).toMatchObject({ failure: { code: "timeout" } });
  time.nowMs += strikeWindowMs + 1;
  expect(await judge()).toMatchObject({ failure: { code: "timeout" } });
  expect((await plugins.get("spin")).quarantinedAtMs).toBeUndefined();
  expect(await judge()).toMatchObject({ failure: { code: "timeout" } });
  expect(await judge()).toMatchObject({ failure: { code: "plugin_quarantined" } });
  expect(test.quarantined).toEqual(["spin"]);
  expect(test.restarts).toEqual(["spin", "spin", "spin"]);
  expect((await plugins.get("spin")).lastError).toMatchObject({ code: "timeout" });
  await plugins.setEnabled("spin", true);
  expect(await judge()).toMatchObject({ failure: { code: "timeout" } });
});

test("calls that fail at the same time are all counted", async () => {
  await using test = openTestPlugins();
  await test.plugins.add({ bytes: makeSpinningJudge("spin"), source }, { limits: { timeoutMs: 100 } });
  await Promise.all([1, 2].map(() => test.plugins.judge("spin", { response: "" })));
  expect((await test.plugins.get("spin")).quarantinedAtMs).toBeDefined();
});

test("a plugin that spins delays nobody but itself", async () => {
  await using test = openTestPlugins();
  await test.plugins.add({ bytes: makeSpinningJudge("spin"), source }, { limits: { timeoutMs: 20_000 } });
  await test.plugins.add({ bytes: makeJudge("good", pass), source });
  const abort = new AbortController();
  const spinning = test.plugins.judge("spin", { response: "" }, { signal: abort.signal });
  const good = await Promise.all([1, 2, 3].map(() => test.plugins.judge("good", { response: "" })));
  expect(good.map(({ ok }) => ok)).toEqual([true, true, true]);
  abort.abort();
  expect(await spinning).toMatchObject({ failure: { code: "plugin_cancelled" } });
});

test("a signature of a trusted key is required where that is the rule", async () => {
  const { privateKeyPem, publicKey } = createSigningKey();
  await using test = openTestPlugins({ requireSigned: true, trustedKeys: [publicKey] });
  const bytes = makeJudge("signed", pass);
  expect(await codeOf(test.plugins.add({ bytes, source }))).toBe("plugin_unsigned");
  const foreign = signModule(bytes, createSigningKey().privateKeyPem);
  expect(await codeOf(test.plugins.add({ bytes: foreign, source }))).toBe("plugin_unsigned");
  await test.plugins.add({ bytes: signModule(bytes, privateKeyPem), source });
  expect(await test.plugins.judge("signed", { response: "" })).toMatchObject({ ok: true });
  await using stricter = openTestPlugins({ home: test.folder.path, requireSigned: true });
  expect(await stricter.plugins.judge("signed", { response: "" })).toMatchObject({
    failure: { code: "plugin_unsigned" },
  });
});

test("calls end at a depth", async () => {
  await using test = openTestPlugins();
  await test.plugins.add({ bytes: makeJudge("deep", pass), source });
  expect(await test.plugins.judge("deep", { response: "" }, { depth: maxDepth - 1 })).toMatchObject({
    ok: true,
  });
  expect(await test.plugins.judge("deep", { response: "" }, { depth: maxDepth })).toMatchObject({
    failure: { code: "depth_limit" },
  });
});

test("what must stay on the machine is not given to a plugin that may reach others, which is not its fault", async () => {
  await using test = openTestPlugins();
  const permissions = { http: { reason: "to look up", hosts: ["a.test"] } };
  const bytes = makeJudge("reaching", pass, { manifest: { permissions } });
  await test.plugins.add({ bytes, source }, { grants: { http: { hosts: ["a.test"] } } });
  await test.plugins.add({ bytes: makeJudge("staying", pass), source });
  const ask = (name: string) => test.plugins.judge(name, { response: "" }, { privacy: "local" });
  const refused = await ask("reaching");
  expect(refused).toMatchObject({ failure: { code: "reach_refused" } });
  expect(refused).toMatchObject({ failure: { message: expect.stringContaining("a.test") } });
  expect((await test.plugins.get("reaching")).lastError).toBeUndefined();
  expect(await test.plugins.judge("reaching", { response: "" })).toMatchObject({ ok: true });
  expect(await ask("staying")).toMatchObject({ ok: true });
});

const configManifest = {
  permissions: { config: { reason: "to sign in", keys: ["token"] }, kv: { reason: "to count", bytes: 64 } },
};

test("a config key is only read where it is granted, and its value is in no log and no error", async () => {
  await using test = openTestPlugins({
    readVariable: (name) => (name === "TOKEN" ? "very-secret" : undefined),
  });
  const bytes = makeJudgeOf(
    "teller",
    (guest) => [
      guest.text("token"),
      guest.host("config_get"),
      guest.host("log_info"),
      guest.text("token"),
      guest.host("config_get"),
      guest.host("error_set"),
    ],
    configManifest,
  );
  const config = { token: { environment: "TOKEN" } };
  await test.plugins.add({ bytes, source });
  expect(await test.plugins.judge("teller", { response: "" })).toMatchObject({
    failure: { code: "not_granted" },
  });
  await test.plugins.update("teller", { grants: { config: { keys: ["token"] } }, config });
  const failed = await test.plugins.judge("teller", { response: "" });
  expect(failed).toMatchObject({ failure: { code: "plugin_error", message: "[redacted]" } });
  expect(test.said).toEqual(["[redacted]"]);
  expect(test.plugins.logs("teller")).toMatchObject([{ level: "info", text: "[redacted]" }]);
});

test("what a plugin says after its caller went away is remembered without its secrets too", async () => {
  await using test = openTestPlugins();
  const countToHalfABillion: WasmBytes = [
    ...[op.loop, op.void, op.localGet, 0, 0x41, 1, 0x6a, op.localTee, 0],
    ...[0x41, 0x80, 0x80, 0x80, 0x80, 0x02, 0x48, 0x0d, 0, op.end],
  ];
  const code = (guest: GuestWriter) => [
    ...[countToHalfABillion, guest.text("token"), guest.host("config_get"), guest.host("error_set")],
  ];
  const locals = [{ count: 1, type: "i32" as const }];
  const module = writeGuest({ functions: [{ code, locals }], exports: { judge: 0 } });
  const bytes = packPlugin(module, { kind: "judge", name: "late", version: "1.0.0", ...configManifest });
  const config = { token: { value: "very-secret" } };
  await test.plugins.add({ bytes, source }, { config, grants: { config: { keys: ["token"] } } });
  const abort = new AbortController();
  const called = test.plugins.judge("late", { response: "" }, { signal: abort.signal });
  await waitUntil("it has the thread", () =>
    test.plugins.stats().pids.some((pid) => getPriority(pid) === 19),
  );
  abort.abort();
  expect(await called).toMatchObject({ failure: { code: "plugin_cancelled" } });
  const lastError = async () => (await test.plugins.get("late")).lastError;
  await waitUntil("it is remembered", async () => (await lastError()) !== undefined);
  expect(await lastError()).toMatchObject({ code: "plugin_error", message: "[redacted]" });
});

test("what a plugin stores is its own, lasts, and has an end", async () => {
  await using test = openTestPlugins();
  const store = (name: string, value: string) =>
    makeJudgeOf(
      name,
      (guest) => [...[guest.text("key"), guest.text(value), guest.host("kv_set")], ...[guest.output(pass)]],
      configManifest,
    );
  const read = (name: string) =>
    makeJudgeOf(
      name,
      (guest) => [guest.text("key"), guest.host("kv_get"), guest.host("error_set"), guest.output(pass)],
      configManifest,
    );
  const grants = { kv: { bytes: 64 } };
  const judge = (name: string) => test.plugins.judge(name, { response: "" });
  await test.plugins.add({ bytes: store("keeper", "mine"), source }, { grants });
  await test.plugins.add({ bytes: read("other"), source }, { grants });
  expect(await judge("keeper")).toMatchObject({ ok: true });
  expect(await judge("other")).toMatchObject({ ok: true });
  await test.plugins.add({ bytes: read("keeper"), source });
  expect(await judge("keeper")).toMatchObject({ failure: { code: "plugin_error", message: "mine" } });
  await test.plugins.add({ bytes: store("keeper", "x".repeat(62)), source });
  expect(await judge("keeper")).toMatchObject({ failure: { code: "kv_limit" } });
});

test("a new version keeps of its grants what it still asks for", async () => {
  await using test = openTestPlugins();
  const make = (manifest: object) => ({ bytes: makeJudge("grown", pass, { manifest }), source });
  const asks = (hosts: string[]) => ({ permissions: { http: { reason: "to look up", hosts } } });
  await test.plugins.add(make(asks(["a.test", "b.test"])), {
    grants: { http: { hosts: ["a.test", "b.test"] } },
  });
  await test.plugins.add(make({ ...asks(["b.test", "c.test"]), version: "2.0.0" }));
  expect((await test.plugins.get("grown")).grants).toEqual({ http: { hosts: ["b.test"] } });
});

test("changes that come at once each see what the other decided", async () => {
  await using test = openTestPlugins();
  await test.plugins.add({ bytes: makeJudge("modest", pass), source });
  const limit = (added: object) =>
    test.plugins.update("modest", ({ limits }) => ({ limits: { ...limits, ...added } }));
  await Promise.all([
    limit({ timeoutMs: 900 }),
    test.plugins.setEnabled("modest", false),
    limit({ kvWrites: 3 }),
  ]);
  expect(await test.plugins.get("modest")).toMatchObject({
    limits: { timeoutMs: 900, kvWrites: 3 },
    isEnabled: false,
  });
});

test("grants that a manifest does not ask for are refused", async () => {
  await using test = openTestPlugins();
  await test.plugins.add({ bytes: makeJudge("modest", pass), source });
  expect(await codeOf(test.plugins.update("modest", { grants: { http: { hosts: ["a.test"] } } }))).toBe(
    "invalid_request",
  );
  expect(await codeOf(test.plugins.update("modest", { config: { key: { value: "x" } } }))).toBe(
    "invalid_request",
  );
  expect(await codeOf(test.plugins.update("modest", { limits: { timeoutMs: 0 } }))).toBe("invalid_request");
  expect(await codeOf(test.plugins.update("modest", { limits: { toString: 1 } }))).toBe("invalid_request");
});

const connector = {
  kind: "connector",
  version: "1.0.0",
  operations: {
    read: { arguments: { type: "object", properties: { id: { type: "integer" } }, required: ["id"] } },
    change: { writes: true },
  },
};

test("operations are checked before the plugin sees them, and writes need a grant of their own", async () => {
  await using test = openTestPlugins();
  const module = makeJudge("box", '{"data":[1]}', { parts: { exports: { execute: 0 } } });
  await test.plugins.add({ bytes: packPlugin(module, { ...connector, name: "box" }), source });
  const execute = (operation: string, given: Record<string, number> = {}) =>
    test.plugins.execute("box", { operation, arguments: given });
  expect(await execute("read", { id: 1 })).toMatchObject({ ok: true, output: { data: [1] } });
  expect(await execute("read", { id: 1.5 })).toMatchObject({ failure: { code: "input_invalid" } });
  expect(await execute("read")).toMatchObject({ failure: { code: "input_invalid" } });
  expect(await execute("toString")).toMatchObject({ failure: { code: "plugin_not_implemented" } });
  expect(await execute("change")).toMatchObject({ failure: { code: "not_granted" } });
  await test.plugins.update("box", { grants: { write: true } });
  expect(await execute("change")).toMatchObject({ ok: true });
});

test.each([
  { properties: { id: { type: "string", pattern: "(a+)+$" } } },
  { type: "object", patternProperties: { "^(a+)+$": { type: "number" } } },
])("a schema that the host would check by a pattern of the author's is refused: %j", async (schema) => {
  await using test = openTestPlugins();
  const module = makeJudge("slow", pass, { parts: { exports: { execute: 0 } } });
  const operations = { find: { arguments: schema } };
  const bytes = packPlugin(module, { ...connector, name: "slow", operations });
  expect(await codeOf(test.plugins.add({ bytes, source }))).toBe("manifest_invalid");
});

test("an argument may have the name of a keyword that schemas may not use", async () => {
  await using test = openTestPlugins();
  const module = makeJudge("named", pass, { parts: { exports: { execute: 0 } } });
  const properties = { pattern: { type: "string" }, properties: { type: "string" }, format: {} };
  const operations = { find: { arguments: { type: "object", properties } } };
  const bytes = packPlugin(module, { ...connector, name: "named", operations });
  expect(await test.plugins.add({ bytes, source })).toMatchObject({ name: "named" });
});

test("a policy is asked only what it decides", async () => {
  await using test = openTestPlugins();
  const module = makeJudge("guard", '{"serve":true}', { parts: { exports: { decide: 0 } } });
  const manifest = { kind: "policy", name: "guard", version: "1.0.0", hooks: ["cache.serve"] };
  await test.plugins.add({ bytes: packPlugin(module, manifest), source });
  const asked = { hook: "cache.serve", query: "a", cachedQuery: "b", similarity: 1 } as const;
  expect(await test.plugins.decide("guard", asked)).toMatchObject({ ok: true, output: { serve: true } });
  const other = { hook: "cache.admit", query: "a", response: "b" } as const;
  expect(await test.plugins.decide("guard", other)).toMatchObject({
    failure: { code: "plugin_not_implemented" },
  });
});

test("a plugin asks a model as one of its tenants, and its own time stands still meanwhile", async () => {
  const asked: unknown[] = [];
  await using test = openTestPlugins({
    models: {
      async generate(request, asker) {
        asked.push(request, asker);
        await Bun.sleep(300);
        return { text: "four", promptTokens: 3, completionTokens: 1, finishReason: "stop" };
      },
      embed: () => Promise.reject(new AppError("model_not_found", "there is no such model")),
    },
  });
  const permissions = { generate: { reason: "to ask" }, embed: { reason: "to compare" } };
  const ask = (name: "generate" | "embed", request: object) =>
    makeJudgeOf(
      `asks-${name}`,
      (guest) => [guest.text(JSON.stringify(request)), guest.host(name), guest.host("error_set")],
      { permissions },
    );
  const decisions = { grants: { generate: true, embed: true }, limits: { timeoutMs: 200 } } as const;
  await test.plugins.add({ bytes: ask("generate", { prompt: "2+2?", maxTokens: 5 }), source }, decisions);
  await test.plugins.add({ bytes: ask("embed", { model: "none", texts: ["a"] }), source }, decisions);
  const answer = await test.plugins.judge("asks-generate", { response: "" }, { depth: 1 });
  expect(answer).toMatchObject({ failure: { code: "plugin_error" } });
  expect(answer).toMatchObject({ failure: { message: expect.stringContaining('"text":"four"') } });
  expect(asked).toEqual([
    { messages: [{ role: "user", content: "2+2?" }], maxTokens: 5, mostTokens: 2_048, stop: [] },
    { plugin: "asks-generate", depth: 2 },
  ]);
  expect(await test.plugins.judge("asks-embed", { response: "" })).toMatchObject({
    failure: { code: "generate_failed", message: "there is no such model" },
  });
});

test("a host that an administrator sets in a config key is granted where the plugin asks for it by that key", () => {
  const record = {
    ...{
      name: "x",
      path: "",
      sha256: "",
      source: "",
      isEmbedded: false,
      isEnabled: true,
      addedAtMs: 0,
      limits: {},
    },
    grants: { http: { hosts: ["a.test"], hostsFrom: ["url", "other"] }, config: { keys: ["url"] } },
  };
  const hostsOf = (config: Readonly<Record<string, ConfigValue>>) =>
    toSpec({ ...record, config }, (name) => (name === "URL" ? "http://c.test:8080/x" : undefined)).grants
      .http;
  expect(hostsOf({ url: { value: "https://b.test/api" } })).toEqual({ hosts: ["a.test", "b.test"] });
  expect(hostsOf({ url: { environment: "URL" } })).toEqual({ hosts: ["a.test", "c.test:8080"] });
  expect(hostsOf({ url: { value: "no address" }, other: { value: "https://d.test" } })).toEqual({
    hosts: ["a.test"],
  });
});

test("what a caller does wrong is not remembered of the plugin", async () => {
  await using test = openTestPlugins();
  await test.plugins.add({ bytes: makeJudge("fine", pass), source });
  expect(await test.plugins.call("fine", { input: { response: 1 } })).toMatchObject({ ok: false });
  expect(await test.plugins.call("fine", { input: {}, export: "absent" })).toMatchObject({ ok: false });
  expect((await test.plugins.get("fine")).lastError).toBeUndefined();
});

test("writes that wait for the disk have an end within a call", async () => {
  await using test = openTestPlugins();
  const bytes = makeJudgeOf(
    "busy",
    (guest) => [
      ...[1, 2, 3].flatMap(() => [guest.text("key"), guest.text("value"), guest.host("kv_set")]),
      guest.output(pass),
    ],
    configManifest,
  );
  await test.plugins.add({ bytes, source }, { grants: { kv: { bytes: 64 } }, limits: { kvWrites: 3 } });
  expect(await test.plugins.judge("busy", { response: "" })).toMatchObject({ ok: true });
  await test.plugins.update("busy", { limits: { kvWrites: 2 } });
  expect(await test.plugins.judge("busy", { response: "" })).toMatchObject({
    failure: { code: "call_limit" },
  });
});

test("what a plugin logged before it had to be ended is kept", async () => {
  await using test = openTestPlugins();
  const bytes = makeJudgeOf("talks", (guest) => [guest.text("before"), guest.host("log_info"), endlessLoop]);
  await test.plugins.add({ bytes, source }, { limits: { timeoutMs: 200 } });
  expect(await test.plugins.judge("talks", { response: "" })).toMatchObject({ failure: { code: "timeout" } });
  expect(test.plugins.logs("talks")).toMatchObject([{ level: "info", text: "before" }]);
});

test("what a guest says before it traps is what it failed of", async () => {
  await using test = openTestPlugins();
  const bytes = makeJudgeOf("throws", (guest) => [
    ...[guest.text("no such thing at line 3"), guest.host("error_set"), [op.unreachable]],
  ]);
  await test.plugins.add({ bytes, source });
  expect(await test.plugins.judge("throws", { response: "" })).toMatchObject({
    failure: { code: "plugin_error", message: "no such thing at line 3" },
  });
});

test("a connector's error does not repeat a secret of its config", async () => {
  await using test = openTestPlugins();
  const output = JSON.stringify({ error: { code: "odd", message: "the key is very-secret" } });
  const module = makeJudge("leaky", output, { parts: { exports: { execute: 0 } } });
  const { permissions } = configManifest;
  const bytes = packPlugin(module, { ...connector, name: "leaky", permissions });
  const config = { token: { value: "very-secret" } };
  await test.plugins.add({ bytes, source }, { config, grants: { config: { keys: ["token"] } } });
  expect(await test.plugins.execute("leaky", { operation: "read", arguments: { id: 1 } })).toMatchObject({
    output: { error: { code: "odd", message: "the key is [redacted]" } },
  });
});

test("a call of a plugin that is switched off ends at once", async () => {
  const asked = Promise.withResolvers<void>();
  await using test = openTestPlugins({
    models: {
      generate() {
        asked.resolve();
        return new Promise(() => undefined);
      },
      embed: () => Promise.reject(new AppError("model_not_found", "there is no such model")),
    },
  });
  const permissions = { generate: { reason: "to ask" } };
  const bytes = makeJudgeOf(
    "asks",
    (guest) => [guest.text('{"prompt":"x"}'), guest.host("generate"), [op.drop]],
    {
      permissions,
    },
  );
  await test.plugins.add({ bytes, source }, { grants: { generate: true } });
  const call = test.plugins.judge("asks", { response: "" });
  await asked.promise;
  await test.plugins.setEnabled("asks", false);
  expect(await call).toMatchObject({ failure: { code: "plugin_disabled" } });
});

test("an update leaves no file of the version before", async () => {
  await using test = openTestPlugins();
  await test.plugins.add({ bytes: makeJudge("grows", pass), source });
  const { path } = await test.plugins.add({ bytes: makeJudge("grows", '{"verdict":"fail"}'), source });
  expect(readdirSync(join(test.folder.path, "plugins"))).toEqual([basename(path)]);
});

test("what a caller leaves out may be null, and one context a text", async () => {
  await using test = openTestPlugins();
  const input = { response: "Paris.", criteria: null, reference: null, context: "Paris." };
  expect(await test.plugins.call("grounding", { input })).toMatchObject({
    ok: true,
    output: { verdict: "pass" },
  });
});

test("what was changed is seen at once, whoever reads at the same time", async () => {
  await using test = openTestPlugins();
  await test.plugins.add({ bytes: makeJudge("busy", pass), source });
  for (let timeoutMs = 1; timeoutMs <= 50; timeoutMs += 1) {
    const reading = [1, 2, 3].map(() => test.plugins.list());
    const changing = test.plugins.update("busy", { limits: { timeoutMs } });
    test.time.nowMs += 1_000;
    await Promise.all([...reading, test.plugins.list(), changing]);
    expect((await test.plugins.get("busy")).limits).toEqual({ timeoutMs });
  }
});

test("a new plugin of a name that was removed finds nothing of the one before", async () => {
  await using test = openTestPlugins();
  const grants = { kv: { bytes: 64 } };
  const keep = makeJudgeOf(
    "same",
    (guest) => [guest.text("key"), guest.text("mine"), guest.host("kv_set"), guest.output(pass)],
    configManifest,
  );
  const look = makeJudgeOf(
    "same",
    (guest) => [guest.text("key"), guest.host("kv_get"), guest.host("error_set"), guest.output(pass)],
    configManifest,
  );
  await test.plugins.add({ bytes: keep, source }, { grants });
  expect(await test.plugins.judge("same", { response: "" })).toMatchObject({ ok: true });
  await test.plugins.remove("same");
  await test.plugins.add({ bytes: look, source }, { grants });
  expect(await test.plugins.judge("same", { response: "" })).toMatchObject({ ok: true });
});

test("a new version that writes more has to be granted that anew", async () => {
  await using test = openTestPlugins();
  const make = (operations: object) => {
    const module = makeJudge("box", '{"data":1}', { parts: { exports: { execute: 0 } } });
    return {
      bytes: packPlugin(module, { kind: "connector", name: "box", version: "1.0.0", operations }),
      source,
    };
  };
  await test.plugins.add(make({ change: { writes: true } }), { grants: { write: true } });
  await test.plugins.add(make({ change: { writes: true }, read: {} }));
  expect((await test.plugins.get("box")).grants).toEqual({ write: true });
  await test.plugins.add(make({ change: { writes: true }, erase: { writes: true } }));
  expect((await test.plugins.get("box")).grants).toEqual({});
});

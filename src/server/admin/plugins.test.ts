import { expect, test } from "bun:test";
import { createPlugins, type Plugins, silentObserver } from "../../plugin-host/index.ts";
import { systemClock } from "../../resilience/index.ts";
import {
  createServerRecords,
  createTemporaryFolder,
  makeJudge,
  makeJudgeOf,
  makeSpinningJudge,
  type ServerChanges,
} from "../../testing/index.ts";
import { createServerApp } from "../app.ts";

type Wire = Readonly<Record<string, unknown>>;

const pass = '{"verdict":"pass","score":1}';

function openApp(changes: ServerChanges = {}) {
  const folder = createTemporaryFolder();
  const plugins: Plugins = createPlugins({
    ...{ home: folder.path, trustedKeys: [], requireSigned: false, readVariable: () => undefined },
    ...{ observer: silentObserver, clock: systemClock, now: Date.now },
  });
  const records = createServerRecords({ plugins: async () => plugins, ...changes });
  const app = createServerApp(records.deps);
  async function send(method: string, path: string, body?: object | Uint8Array, key?: string) {
    const response = await app.request(path, {
      method,
      headers: {
        "content-type": body instanceof Uint8Array ? "application/wasm" : "application/json",
        ...(key !== undefined && { authorization: `Bearer ${key}` }),
      },
      ...(body && { body: body instanceof Uint8Array ? Buffer.from(body) : JSON.stringify(body) }),
    });
    const answer: Wire = JSON.parse(await response.text());
    return { status: response.status, answer };
  }
  return {
    ...records,
    send,
    async [Symbol.asyncDispose]() {
      await plugins.close();
      folder[Symbol.dispose]();
    },
  };
}

test("a plugin is added, listed, shown, called, switched off and removed", async () => {
  await using app = openApp();
  const added = await app.send("POST", "/api/plugins", makeJudge("nice", pass));
  expect(added).toMatchObject({ status: 201, answer: { name: "nice", kind: "judge", state: "enabled" } });
  const { answer: list } = await app.send("GET", "/api/plugins");
  expect(list.plugins).toContainEqual(expect.objectContaining({ name: "nice", embedded: false }));
  const call = () => app.send("POST", "/api/plugins/nice/call", { input: { response: "hello" } });
  expect(await call()).toMatchObject({ status: 200, answer: { output: { verdict: "pass", score: 1 } } });
  expect(await app.send("POST", "/api/plugins/nice/disable")).toMatchObject({
    answer: { state: "disabled" },
  });
  expect(await call()).toMatchObject({ status: 409, answer: { error: { code: "plugin_disabled" } } });
  expect(await app.send("POST", "/api/plugins/nice/enable")).toMatchObject({ answer: { state: "enabled" } });
  expect(await app.send("DELETE", "/api/plugins/nice")).toMatchObject({ answer: { removed: "nice" } });
  expect(await app.send("GET", "/api/plugins/nice")).toMatchObject({
    status: 404,
    answer: { error: { code: "plugin_not_found" } },
  });
});

test("a plugin that was added over HTTP may do nothing until it is granted, and no secret is told", async () => {
  await using app = openApp();
  const manifest = { permissions: { config: { reason: "to sign in", keys: ["token"] } } };
  const bytes = makeJudgeOf(
    "asks",
    (guest) => [
      guest.text("token"),
      ...[guest.host("config_get"), guest.host("log_info"), guest.output(pass)],
    ],
    manifest,
  );
  const { answer } = await app.send("POST", "/api/plugins", bytes);
  expect(answer.permissions).toEqual([
    { name: "config", scope: "token", reason: "to sign in", granted: false },
  ]);
  const call = () => app.send("POST", "/api/plugins/asks/call", { input: { response: "" } });
  expect(await call()).toMatchObject({ status: 403, answer: { error: { code: "not_granted" } } });
  const granted = await app.send("POST", "/api/plugins/asks/grants", {
    grants: ["config"],
    config: { token: "very-secret-value" },
  });
  expect(granted).toMatchObject({ status: 200, answer: { config_keys: ["token"] } });
  expect(await call()).toMatchObject({ status: 200 });
  const { answer: logs } = await app.send("GET", "/api/plugins/asks/logs");
  expect(logs.logs).toMatchObject([{ level: "info", text: "[redacted]", request_id: expect.any(String) }]);
  const everything = JSON.stringify([granted, logs, await app.send("GET", "/api/plugins/asks"), app.logs]);
  expect(everything).not.toContain("very-secret");
});

test.each([
  ["/api/plugins/x/grants", { grants: ["everything"] }],
  ["/api/plugins/x/grants", { limits: { timeoutMs: -1 } }],
  ["/api/plugins/x/grants", { config: { unknown: "x" } }],
  ["/api/plugins/x/call", { input: { prompt: 1 } }],
])("POST %s with %j is a 400", async (path, body) => {
  await using app = openApp();
  await app.send("POST", "/api/plugins", makeJudge("x", pass));
  expect((await app.send("POST", path, body)).status).toBe(400);
});

test("what is no plugin is refused with the reason", async () => {
  await using app = openApp();
  const add = (bytes: Uint8Array) => app.send("POST", "/api/plugins", bytes);
  expect(await add(new TextEncoder().encode("no module"))).toMatchObject({
    status: 400,
    answer: { error: { code: "module_invalid" } },
  });
  expect(await add(new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]))).toMatchObject({
    answer: { error: { code: "manifest_missing" } },
  });
  expect(await add(new Uint8Array([0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0]))).toMatchObject({
    answer: { error: { code: "module_component" } },
  });
});

test("a plugin that does not end is a 502 with its own code, and quarantined the second time", async () => {
  await using app = openApp();
  await app.send("POST", "/api/plugins", makeSpinningJudge("spin"));
  await app.send("POST", "/api/plugins/spin/grants", { limits: { timeoutMs: 100 } });
  const call = () => app.send("POST", "/api/plugins/spin/call", { input: { response: "" } });
  for (const _ of [1, 2])
    expect(await call()).toMatchObject({ status: 502, answer: { error: { code: "timeout" } } });
  expect(await call()).toMatchObject({ status: 409, answer: { error: { code: "plugin_quarantined" } } });
  expect(await app.send("GET", "/api/plugins/spin")).toMatchObject({
    answer: { state: "quarantined", last_error: { code: "timeout" } },
  });
});

test("where there are admin keys, no other key reaches a plugin", async () => {
  await using app = openApp({ apiKeys: ["client-key"], adminKeys: ["admin-key"] });
  expect((await app.send("GET", "/api/plugins")).status).toBe(401);
  expect(await app.send("GET", "/api/plugins", undefined, "client-key")).toMatchObject({
    status: 403,
    answer: { error: { code: "forbidden" } },
  });
  expect((await app.send("GET", "/api/plugins", undefined, "admin-key")).status).toBe(200);
  expect((await app.send("GET", "/api/tags", undefined, "admin-key")).status).toBe(200);
});

test("on this machine alone, admin keys close the plugins and nothing else", async () => {
  await using app = openApp({ adminKeys: ["admin-key"] });
  expect((await app.send("GET", "/api/tags")).status).toBe(200);
  expect((await app.send("GET", "/api/plugins")).status).toBe(403);
  expect((await app.send("GET", "/api/plugins", undefined, "admin-key")).status).toBe(200);
});

const asking = {
  permissions: {
    http: { reason: "to read", hosts: ["a.example"] },
    config: { reason: "to sign in", keys: ["token", "user"] },
  },
};
const makeAsking = (permissions: object = asking.permissions) =>
  makeJudgeOf("asks", (guest) => [guest.output(pass)], { permissions });

test("a permission that a plugin does not ask for is refused, and what it has stays", async () => {
  await using app = openApp();
  await app.send("POST", "/api/plugins", makeAsking());
  await app.send("POST", "/api/plugins/asks/grants", { grants: ["http"] });
  const refused = await app.send("POST", "/api/plugins/asks/grants", { grants: ["sql"] });
  expect(refused).toMatchObject({ status: 400, answer: { error: { code: "invalid_request" } } });
  expect(JSON.stringify(refused.answer)).toContain("asks does not ask for sql; it asks for http, config");
  const { answer } = await app.send("GET", "/api/plugins/asks");
  expect(answer.grants).toEqual({ http: { hosts: ["a.example"] } });
});

test.each([
  ["grants", { grant: ["http"] }, "grant"],
  ["call", { input: { response: "" }, timeoutMs: 5 }, "timeoutMs"],
])("POST %s with %j names the field that it does not know", async (action, body, field) => {
  await using app = openApp();
  await app.send("POST", "/api/plugins", makeAsking());
  const { status, answer } = await app.send("POST", `/api/plugins/asks/${action}`, body);
  expect(status).toBe(400);
  expect(JSON.stringify(answer)).toContain(`there is no field \\"${field}\\"`);
});

test("a call without an input says so", async () => {
  await using app = openApp();
  await app.send("POST", "/api/plugins", makeAsking());
  expect(await app.send("POST", "/api/plugins/asks/call", { export: "judge" })).toMatchObject({
    status: 400,
    answer: { error: { message: "input: expected what the plugin is to be given, in JSON" } },
  });
});

test("values of config and limits that are not named stay, and null takes one back", async () => {
  await using app = openApp();
  await app.send("POST", "/api/plugins", makeAsking());
  const decide = (body: object) => app.send("POST", "/api/plugins/asks/grants", body);
  await decide({ config: { token: "t" }, limits: { timeoutMs: 500 } });
  expect(await decide({ config: { user: "u" }, limits: { kvBytes: 5 } })).toMatchObject({
    answer: { config_keys: ["token", "user"], limits: { timeoutMs: 500, kvBytes: 5 } },
  });
  const { answer } = await decide({ config: { token: null }, limits: { timeoutMs: null } });
  expect(answer).toMatchObject({ config_keys: ["user"], limits: { kvBytes: 5 } });
  expect(answer.limits).toEqual({ kvBytes: 5 });
});

test("variables of the server are for the holder of an admin key: whoever names one can read it", async () => {
  const body = { config: { token: { environment: "HF_TOKEN" } } };
  await using open = openApp({ apiKeys: ["key"] });
  await open.send("POST", "/api/plugins", makeAsking(), "key");
  expect(await open.send("POST", "/api/plugins/asks/grants", body, "key")).toMatchObject({
    status: 403,
    answer: { error: { code: "forbidden", message: expect.stringContaining("--admin-key") } },
  });
  await using closed = openApp({ adminKeys: ["admin"] });
  await closed.send("POST", "/api/plugins", makeAsking(), "admin");
  expect((await closed.send("POST", "/api/plugins/asks/grants", body, "admin")).status).toBe(200);
});

test("a permission that a new version asks more of is granted in part, and is told so", async () => {
  await using app = openApp();
  await app.send("POST", "/api/plugins", makeAsking());
  await app.send("POST", "/api/plugins/asks/grants", { grants: ["http"] });
  const http = { reason: "to read", hosts: ["a.example", "b.example"] };
  const { answer } = await app.send("POST", "/api/plugins", makeAsking({ http }));
  expect(answer).toMatchObject({
    permissions: [{ name: "http", granted: false, granted_in_part: true }],
    grants: { http: { hosts: ["a.example"] } },
  });
});

test("what an administrator does to a plugin is in the log, with the request and without secrets", async () => {
  await using app = openApp();
  await app.send("POST", "/api/plugins", makeAsking());
  await app.send("POST", "/api/plugins/asks/grants", {
    grants: ["config"],
    config: { token: "hidden-value" },
  });
  await app.send("POST", "/api/plugins/asks/disable");
  await app.send("DELETE", "/api/plugins/asks");
  const told = JSON.stringify(app.logs);
  for (const event of ["plugin_added", "plugin_decided", "plugin_disabled", "plugin_removed"])
    expect(app.logs).toContainEqual(
      expect.objectContaining({
        event,
        fields: expect.objectContaining({ plugin: "asks", requestId: expect.any(String) }),
      }),
    );
  expect(told).not.toContain("hidden-value");
});

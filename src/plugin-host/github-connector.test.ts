import { afterAll, beforeAll, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { z } from "zod";
import { systemClock } from "../process/index.ts";
import {
  createTemporaryFolder,
  type GithubFixture,
  type GithubRepository,
  startGithubFixture,
} from "../testing/index.ts";
import { compilePlugin } from "./build/compile-plugin.ts";
import { type ConnectorInput, connectorOutputSchema } from "./contracts/connector.ts";
import type { Manifest } from "./contracts/manifest.ts";
import type { Grants } from "./grants.ts";
import { createPlugins, type PluginResult, type Plugins } from "./plugins.ts";
import type { RecordedExchange } from "./protocol.ts";
import type { PluginRecord } from "./store/plugin-record.ts";
import { manifestSection, withCustomSection } from "./wasm/custom-sections.ts";

type Arguments = NonNullable<ConnectorInput["arguments"]>;
type Case = {
  readonly name: string;
  readonly input: ConnectorInput;
  readonly config?: Readonly<Record<string, string>>;
  readonly http?: readonly RecordedExchange[];
  readonly expect: object;
};
type ConnectorManifest = Extract<Manifest, { kind: "connector" }>;

const folder = join(import.meta.dir, "../../plugins/connectors/github");
const token = "ghp_fixtureToken0123456789abcdefghijkl";
const mebibyte = 1_048_576;
const home = createTemporaryFolder();
const everything: string[] = [];
let manifest: ConnectorManifest;
let module: Uint8Array<ArrayBuffer>;
let plugins: Plugins;
let github: GithubFixture;
const rockets = createRockets();

beforeAll(async () => {
  const built = await compilePlugin({ folder, home: home.path, output: home.file("github.wasm") });
  if (built.manifest.kind !== "connector") throw new Error("the plugin is no connector");
  manifest = built.manifest;
  module = new Uint8Array(readFileSync(built.path));
  plugins = createPlugins({
    ...{ home: home.path, trustedKeys: [], requireSigned: false },
    observer: {
      callFinished: () => undefined,
      logged: (line) => void everything.push(JSON.stringify(line)),
      quarantined: (...quarantine) => void everything.push(JSON.stringify(quarantine)),
      hostRestarted: () => undefined,
    },
    ...{ readVariable: () => token, clock: systemClock, now: Date.now },
  });
  github = await startGithubFixture({ token, repositories: [rockets, createSecrets()] });
  await addCopy("github-reader", {});
  await addCopy("github-writer", { write: true });
  await addRecorded();
}, 60_000);

afterAll(async () => {
  await plugins.close();
  await github[Symbol.asyncDispose]();
  home[Symbol.dispose]();
});

function createRockets(): GithubRepository {
  return {
    ...{ id: 1296269, name: "acme/rockets", oldName: "acme/fireworks" },
    ...{ description: "Rockets, mostly", language: "C", stars: 80 },
    files: {
      "src/engine größe.c": "int thrust(void) { return 9; } // größe 😀\n",
      "docs/a.md": "thrust",
      "large.txt": "é".repeat(mebibyte / 2),
      "larger.txt": "a".repeat(mebibyte + 1),
      "logo.png": new Uint8Array([0x89, 0x50, 0x4e, 0x47]),
      ...Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`many/${index}.txt`, "common"])),
    },
    branches: ["main", "topic", ...Array.from({ length: 248 }, (_, index) => `feature/${index}`)],
    ...{ issues: [], pulls: [] },
  };
}

/** With more branches than are followed, and without issues. */
function createSecrets(): GithubRepository {
  return {
    ...{ id: 2, name: "acme/secrets", isPrivate: true, description: null, language: null, stars: 0 },
    files: { "thrust.txt": "thrust" },
    branches: Array.from({ length: 1_001 }, (_, index) => `branch-${index}`),
    pulls: [],
  };
}

/** The module with another name and the fixture for its host. */
async function addCopy(name: string, grants: Grants): Promise<void> {
  const hosts = [`127.0.0.1:${github.port}`];
  const { config } = manifest.permissions;
  const keys = config?.keys ?? [];
  const permissions = { ...manifest.permissions, http: { hosts, reason: "A fixture." } };
  const copy = JSON.stringify({ ...manifest, name, permissions });
  const bytes = withCustomSection(module, manifestSection, new TextEncoder().encode(copy));
  await plugins.add(
    { bytes, source: "test" },
    {
      grants: { http: { hosts }, config: { keys }, privateNetwork: true, ...grants },
      config: { token: { environment: "TOKEN" }, api_url: { value: `${github.url}/` } },
    },
  );
}

/** With the hosts that it is built with, for answers that were recorded. */
async function addRecorded(): Promise<void> {
  const copy = JSON.stringify({ ...manifest, name: "github-recorded" });
  const bytes = withCustomSection(module, manifestSection, new TextEncoder().encode(copy));
  const { http, config } = manifest.permissions;
  if (!http || !config) throw new Error("the plugin asks for no permission");
  const grants = { http: { hosts: http.hosts }, config: { keys: config.keys }, write: true } as const;
  await plugins.add({ bytes, source: "test" }, { grants });
}

/** Everything that comes back is kept for the test that looks for the token in it. */
function keep(result: PluginResult<unknown>): PluginResult<unknown> {
  everything.push(JSON.stringify(result));
  return result;
}

async function execute(operation: string, args: Arguments, name = "github-writer"): Promise<unknown> {
  const result = keep(await plugins.execute(name, { operation, arguments: args }));
  return result.ok ? result.output : { failure: result.failure };
}

async function executeAs(changes: Partial<PluginRecord>, operation: string, args: Arguments) {
  const record = { ...(await plugins.get("github-writer")), ...changes };
  const result = keep(await plugins.callRecord(record, { input: { operation, arguments: args } }));
  return result.ok ? result.output : { failure: result.failure };
}

async function executeRecorded(given: Omit<Case, "name" | "expect">): Promise<PluginResult<unknown>> {
  const config = Object.entries(given.config ?? {}).map(([key, value]) => [key, { value }]);
  const record = { ...(await plugins.get("github-recorded")), config: Object.fromEntries(config) };
  return keep(await plugins.callRecord(record, { input: given.input, recorded: given.http ?? [] }));
}

async function checkHealth(): Promise<unknown> {
  const result = keep(await plugins.call("github-reader", { export: "health", input: {} }));
  return result.ok ? result.output : { failure: result.failure };
}

function lastRequest() {
  const request = github.requests.at(-1);
  if (!request) throw new Error("nobody asked the fixture");
  return { ...request, headers: Object.fromEntries(request.headers) };
}

/** The fixture misbehaves while `work` runs. */
async function during<T>(how: Parameters<GithubFixture["misbehave"]>[0], work: () => Promise<T>): Promise<T> {
  github.misbehave(how);
  try {
    return await work();
  } finally {
    github.misbehave(undefined);
  }
}

for (const file of readdirSync(join(folder, "cases")).sort()) {
  const cases = Bun.YAML.parse(readFileSync(join(folder, "cases", file), "utf8")) as readonly Case[];
  test.each(cases.map((each) => [each.name, each] as const))(`${file}: %s`, async (_, each) => {
    const result = await executeRecorded(each);
    expect(result).toMatchObject({ ok: true, output: each.expect });
  });
}

test("code is found with at most 20 matches, in one repository if asked for", async () => {
  const common = z
    .object({ data: z.array(z.unknown()) })
    .parse(await execute("search_code", { query: "common" }));
  expect(common.data).toHaveLength(20);
  expect(await execute("search_code", { query: "thrust größe 😀", repo: "ACME/rockets" })).toEqual({
    data: [
      {
        path: "src/engine größe.c",
        repo: "acme/rockets",
        url: "https://github.com/acme/rockets/blob/main/src/engine größe.c",
        score: 1,
      },
    ],
  });
  expect(await execute("search_code", { query: "nowhere-at-all" })).toEqual({ data: [] });
});

test("a query that reaches beyond the repository is refused and not cut", async () => {
  const found = await execute("search_code", { query: "thrust repo:acme/secrets", repo: "acme/rockets" });
  expect(found).toMatchObject({
    error: { code: "invalid", message: expect.stringContaining("acme/rockets") },
  });
});

test("repositories are found", async () => {
  expect(await execute("search_repositories", { query: "mostly" })).toEqual({
    data: [
      {
        ...{ name: "acme/rockets", description: "Rockets, mostly", url: "https://github.com/acme/rockets" },
        ...{ stars: 80, language: "C" },
      },
    ],
  });
});

test("a file of every length up to 1 MiB is decoded, a longer one and a binary one are errors", async () => {
  const get = (path: string, more = {}) => execute("get_file", { repo: "acme/rockets", path, ...more });
  const text = rockets.files["src/engine größe.c"];
  expect(await get("src/engine größe.c")).toMatchObject({
    data: { path: "src/engine größe.c", content: text },
  });
  expect(await get("large.txt")).toMatchObject({
    data: { size: mebibyte, content: "é".repeat(mebibyte / 2) },
  });
  expect(await get("larger.txt")).toMatchObject({ error: { code: "too_large" } });
  expect(await get("logo.png")).toMatchObject({ error: { code: "not_text" } });
  expect(await get("docs")).toMatchObject({ error: { code: "not_a_file" } });
  expect(await get("docs/none.md")).toMatchObject({ error: { code: "not_found" } });
  expect(await get("docs/a.md", { ref: "topic" })).toMatchObject({ data: { content: "thrust" } });
  expect(await get("docs/a.md", { ref: "no/such?ref" })).toMatchObject({ error: { code: "not_found" } });
});

test("all pages of branches are read, and more than 1,000 are said to be more", async () => {
  const schema = z.object({
    data: z.object({ branches: z.array(z.object({ name: z.string() })), isComplete: z.boolean() }),
  });
  const few = schema.parse(await execute("list_branches", { repo: "acme/rockets" })).data;
  expect(few.branches.map(({ name }) => name)).toEqual([...rockets.branches]);
  expect(few.isComplete).toBe(true);
  const many = schema.parse(await execute("list_branches", { repo: "acme/secrets" })).data;
  expect(many.branches).toHaveLength(1_000);
  expect(many.isComplete).toBe(false);
});

test("a repository that was renamed answers under its old name, also to what creates", async () => {
  expect(await execute("get_repository", { repo: "acme/fireworks" })).toMatchObject({
    data: { name: "acme/rockets" },
  });
  const issue = { repo: "acme/fireworks", title: "by the old name", body: "" };
  expect(await execute("create_issue", issue)).toMatchObject({ data: { state: "open" } });
  expect(rockets.issues?.at(-1)).toMatchObject({ title: "by the old name" });
});

test("what changes something needs the grant write", async () => {
  const issue = { repo: "acme/rockets", title: "Thrust 😀", body: 'It is\n"low".' };
  const pull = { repo: "acme/rockets", title: "More thrust", body: "", head: "topic" };
  const before = github.requests.length;
  for (const refused of [
    await execute("create_issue", issue, "github-reader"),
    await execute("create_pr", pull, "github-reader"),
  ]) {
    expect(refused).toMatchObject({ failure: { code: "not_granted" } });
  }
  expect(github.requests.length).toBe(before);
  const made = await execute("create_issue", issue);
  const number = (rockets.issues?.length ?? 0) + rockets.pulls.length;
  expect(made).toEqual({
    data: { number, url: `https://github.com/acme/rockets/issues/${number}`, state: "open" },
  });
  expect(rockets.issues?.at(-1)).toMatchObject({ title: issue.title, body: issue.body });
  expect(await execute("create_pr", pull)).toMatchObject({ data: { number: number + 1, state: "open" } });
  expect(rockets.pulls.at(-1)).toMatchObject({ head: { ref: "topic" }, base: { ref: "main" } });
  expect(await execute("create_pr", pull)).toMatchObject({
    error: {
      code: "invalid",
      message: expect.stringContaining("A pull request already exists for acme:topic."),
    },
  });
  expect(await execute("create_issue", { ...issue, repo: "acme/secrets" })).toMatchObject({
    error: { code: "not_found", message: expect.stringContaining("disabled") },
  });
});

test("results fit the schemas of the manifest", async () => {
  const calls: readonly (readonly [string, Arguments])[] = [
    ["search_code", { query: "common" }],
    ["search_repositories", { query: "acme" }],
    ["get_repository", { repo: "acme/secrets" }],
    ["get_file", { repo: "acme/rockets", path: "docs/a.md" }],
    ["list_branches", { repo: "acme/rockets" }],
    ["create_issue", { repo: "acme/rockets", title: "a", body: "b" }],
    ["create_pr", { repo: "acme/rockets", title: "a", body: "b", head: "main", base: "topic" }],
  ];
  expect(calls.map(([operation]) => operation)).toEqual(Object.keys(manifest.operations));
  for (const [operation, args] of calls) {
    const output = connectorOutputSchema.parse(await execute(operation, args));
    const schema = z.fromJSONSchema(manifest.operations[operation]?.result ?? {});
    expect("data" in output && schema.safeParse(output.data).error).toBeUndefined();
  }
});

test("requests say what GitHub asks for, and hold a token only if there is one", async () => {
  await execute("get_repository", { repo: "acme/rockets" });
  expect(lastRequest()).toMatchObject({
    method: "GET",
    target: "/repos/acme/rockets",
    headers: {
      accept: "application/vnd.github+json",
      "x-github-api-version": "2022-11-28",
      authorization: `Bearer ${token}`,
    },
  });
  const config = { api_url: { value: github.url } };
  const args = { repo: "acme/secrets" };
  expect(await executeAs({ config }, "get_repository", args)).toMatchObject({ error: { code: "not_found" } });
  expect(lastRequest().headers).not.toHaveProperty("authorization");
  expect(await executeAs({ config }, "search_code", { query: "a" })).toMatchObject({
    error: { code: "unauthorized" },
  });
  const wrong = { ...config, token: { value: "ghp_another" } };
  expect(await executeAs({ config: wrong }, "get_repository", args)).toMatchObject({
    error: { code: "unauthorized", message: expect.stringContaining("Bad credentials") },
  });
  const broken = { ...config, token: { value: `  ${token}\n` } };
  expect(await executeAs({ config: broken }, "get_repository", args)).toMatchObject({
    data: { private: true },
  });
});

test("no name or path leads to another part of the API", async () => {
  const before = github.requests.length;
  for (const repo of [
    ...["acme", "acme/", "/rockets", "acme/rockets/issues", "../user", "acme/..", "./rockets", "acme/."],
    ...["acme/a%2e%2e", "acme/a b", "acme/a?b", "acme/a#b", "acme\\rockets", "acme/röckets", "acme/a\u0000"],
  ]) {
    for (const operation of ["get_repository", "list_branches"])
      expect(await execute(operation, { repo })).toMatchObject({ error: { code: "invalid" } });
    const thread = { repo, title: "a", body: "" };
    expect(await execute("create_issue", thread)).toMatchObject({ error: { code: "invalid" } });
    expect(await execute("create_pr", { ...thread, head: "a" })).toMatchObject({
      error: { code: "invalid" },
    });
    expect(await execute("get_file", { repo, path: "a" })).toMatchObject({ error: { code: "invalid" } });
    expect(await execute("search_code", { repo, query: "a" })).toMatchObject({ error: { code: "invalid" } });
  }
  for (const path of ["/a", "a/", "a//b", ".", "..", "a/../../../../user", "a/./b"]) {
    expect(await execute("get_file", { repo: "acme/rockets", path })).toMatchObject({
      error: { code: "invalid" },
    });
  }
  expect(github.requests.length).toBe(before);
  await execute("get_file", { repo: "acme/rockets", path: "a\\..\\b/%2e%2e/c?d#e&f=g+h" });
  expect(lastRequest().target).toBe(
    "/repos/acme/rockets/contents/a%5C..%5Cb/%252e%252e/c%3Fd%23e%26f%3Dg%2Bh?ref=main",
  );
});

test("arguments that do not fit fail before anything is sent", async () => {
  const before = github.requests.length;
  for (const [operation, args] of [
    ["get_repository", {}],
    ["search_code", { query: "" }],
    ["search_code", { query: "a", per_page: 100 }],
    ["get_file", { repo: "acme/rockets", path: 1 }],
    ["create_issue", { repo: "acme/rockets", title: "a", body: "b".repeat(65_537) }],
  ] as const) {
    expect(await execute(operation, args)).toMatchObject({ failure: { code: "input_invalid" } });
  }
  expect(await execute("delete_repository", { repo: "acme/rockets" })).toMatchObject({
    failure: { code: "plugin_not_implemented" },
  });
  expect(github.requests.length).toBe(before);
});

test.each([
  [
    { status: 500, body: "oops" },
    { code: "unavailable", transient: true },
  ],
  [
    { status: 429, headers: { "retry-after": "30" } },
    { code: "rate_limited", transient: true },
  ],
  [
    { status: 403, headers: { "x-ratelimit-remaining": "0" } },
    { code: "rate_limited", transient: true },
  ],
  [
    { status: 403, body: { message: "no" } },
    { code: "forbidden", transient: false },
  ],
  [
    { status: 409, body: { message: "Conflict" } },
    { code: "conflict", transient: false },
  ],
  [
    { status: 200, body: "\u0000 garbage" },
    { code: "bad_answer", transient: false },
  ],
  [
    { status: 200, body: new Uint8Array([0x22, 0xff, 0x22]) },
    { code: "bad_answer", transient: false },
  ],
  [
    { status: 200, body: `${"[".repeat(200)}${"]".repeat(200)}` },
    { code: "bad_answer", transient: false },
  ],
  [
    { status: 200, body: {} },
    { code: "bad_answer", transient: false },
  ],
  [
    { status: 204, body: "" },
    { code: "bad_answer", transient: false },
  ],
] as const)("every operation makes %j an error and never a list", async (how, error) => {
  const repo = "acme/rockets";
  await during(how, async () => {
    for (const [operation, args] of [
      ["search_code", { query: "a" }],
      ["search_repositories", { query: "a" }],
      ["get_repository", { repo }],
      ["get_file", { repo, path: "a" }],
      ["list_branches", { repo }],
      ["create_issue", { repo, title: "a", body: "" }],
      ["create_pr", { repo, title: "a", body: "", head: "topic" }],
    ] as const) {
      expect(await execute(operation, args)).toMatchObject({ error });
    }
  });
});

test("an answer that is cut, silent, too large or endless redirects fail the call by name", async () => {
  const get = () => execute("get_repository", { repo: "acme/rockets" });
  expect(await during("truncated", get)).toMatchObject({ failure: { code: "http_failed" } });
  const loop = { status: 301, headers: { location: "/repos/acme/rockets" } };
  expect(await during(loop, get)).toMatchObject({ failure: { code: "http_redirects" } });
  const away = { status: 301, headers: { location: "http://127.0.0.1:9/user" } };
  expect(await during(away, get)).toMatchObject({ failure: { code: "http_host_not_granted" } });
  const limited = (limits: PluginRecord["limits"]) =>
    executeAs({ limits }, "get_repository", { repo: "acme/rockets" });
  const silence = await during("silent", () => limited({ httpTimeoutMs: 200 }));
  expect(silence).toMatchObject({ failure: { code: "http_timeout" } });
  expect(await limited({ httpResponseBytes: 100 })).toMatchObject({ failure: { code: "http_too_large" } });
  const nobody = { api_url: { value: "http://127.0.0.1:9" }, token: { environment: "TOKEN" } };
  const hosts = ["127.0.0.1:9"];
  const { grants } = await plugins.get("github-writer");
  const absent = { config: nobody, grants: { ...grants, http: { hosts } } };
  expect(await executeAs(absent, "get_repository", { repo: "acme/rockets" })).toMatchObject({
    failure: { code: "http_failed" },
  });
  expect(await get()).toMatchObject({ data: { name: "acme/rockets" } });
});

test("health tells what is left, and why GitHub cannot be used", async () => {
  expect(await checkHealth()).toEqual({
    ok: true,
    message: "GitHub answers; 4999 of 5000 requests are left",
  });
  expect(lastRequest()).toMatchObject({ method: "GET", target: "/rate_limit" });
  const unlimited = { status: 404, body: { message: "Rate limiting is not enabled." } };
  expect(await during(unlimited, checkHealth)).toMatchObject({ ok: true });
  const spent = { status: 200, body: { resources: { core: { limit: 60, remaining: 0 } } } };
  expect(await during(spent, checkHealth)).toMatchObject({ ok: false });
  for (const how of [
    { status: 401 },
    { status: 500 },
    { status: 404 },
    { status: 200, body: "x" },
    { status: 200 },
  ])
    expect(await during(how, checkHealth)).toMatchObject({ ok: false });
});

test("no server brings the token into a result, a message or a log", async () => {
  const echo = { message: `you sent ${token}`, errors: [token, { message: `Bearer ${token}` }] };
  for (const status of [401, 403, 404, 409, 422, 429, 500, 418]) {
    const answer = await during({ status, body: echo }, () =>
      execute("get_repository", { repo: "acme/rockets" }),
    );
    expect(answer).toMatchObject({ error: { message: expect.any(String) } });
  }
  const items = [{ path: token, html_url: token, repository: { full_name: token }, score: 1 }];
  const found = await during({ status: 200, body: { items } }, () => execute("search_code", { query: "a" }));
  expect(found).toMatchObject({ data: [{ path: "[redacted]" }] });
  await during({ status: 401, body: echo }, checkHealth);
  const { lastError } = await plugins.get("github-writer");
  everything.push(JSON.stringify([lastError, plugins.logs("github-writer"), plugins.logs("github-reader")]));
  expect(everything.length).toBeGreaterThan(100);
  expect(everything.filter((text) => text.includes(token))).toEqual([]);
});

test("a message of GitHub is cut before it fills the error", async () => {
  const body = { message: "😀".repeat(5_000) };
  const answer = await during({ status: 404, body }, () =>
    execute("get_repository", { repo: "acme/rockets" }),
  );
  const { error } = z.object({ error: z.object({ message: z.string() }) }).parse(answer);
  expect(error.message.length).toBeLessThan(500);
  expect(error.message.isWellFormed()).toBe(true);
});

function record(url: string, body: string): readonly RecordedExchange[] {
  return [
    {
      request: { method: "GET", url: `https://api.github.com${url}` },
      response: { status: 200, headers: {}, body },
    },
  ];
}

test("no body traps: what is no JSON is a bad answer", async () => {
  const input = { operation: "search_code", arguments: { query: "a" } };
  const damaged = fc
    .tuple(
      fc.json(),
      fc.nat(),
      fc.constantFrom("", '"', "\\", "{", "]", ",", "\\u12", "1e", "-", "\u0000", "0"),
    )
    .map(
      ([json, at, piece]) =>
        `${json.slice(0, at % (json.length + 1))}${piece}${json.slice(at % (json.length + 1))}`,
    );
  const body = fc.oneof(fc.json(), damaged, fc.string({ unit: "binary" }));
  await fc.assert(
    fc.asyncProperty(body, async (text) => {
      const http = record("/search/code?q=a&per_page=20", text);
      const result = await executeRecorded({ input, http });
      expect(result).toMatchObject({ ok: true, output: { error: { code: "bad_answer" } } });
      const said = JSON.stringify(result).includes("is no JSON");
      expect(said).toBe(!isParsed(text));
    }),
    { numRuns: 300 },
  );
});

function isParsed(text: string): boolean {
  try {
    JSON.parse(text.toWellFormed());
    return true;
  } catch {
    return false;
  }
}

test("every file that is UTF-8 comes back as it is, every other is an error", async () => {
  const input = { operation: "get_file", arguments: { repo: "a/b", path: "c" } };
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc.string({ unit: "binary", maxLength: 40 }).map((text) => new TextEncoder().encode(`${text}\ufffd`)),
  );
  await fc.assert(
    fc.asyncProperty(bytes, fc.constantFrom("", "\n", "\r\n"), async (content, lineEnd) => {
      const base64 = Buffer.from(content).toString("base64").replace(/.{8}/g, `$&${lineEnd}`);
      const file = {
        type: "file",
        encoding: "base64",
        size: content.length,
        path: "c",
        sha: "d",
        content: base64,
      };
      const http = record("/repos/a/b/contents/c?ref=main", JSON.stringify(file));
      const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(content);
      const isText = Buffer.from(text).equals(Buffer.from(content));
      const expected = isText ? { data: { content: text } } : { error: { code: "not_text" } };
      expect(await executeRecorded({ input, http })).toMatchObject({ ok: true, output: expected });
    }),
    { numRuns: 300 },
  );
});

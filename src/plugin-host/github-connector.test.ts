import { afterAll, beforeAll, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { connectorOutputSchema } from "./contracts/connector.ts";
import {
  type Arguments,
  connectorFolder,
  type GithubConnector,
  mebibyte,
  openGithubConnector,
  type RecordedCall,
  token,
} from "./github-connector.fixture.ts";
import type { PluginRecord } from "./store/plugin-record.ts";

type Case = RecordedCall & {
  readonly name: string;
  readonly expect?: object;
  /** The code of a failure. */
  readonly error?: string;
};

let connector: GithubConnector;

beforeAll(async () => {
  connector = await openGithubConnector();
}, 60_000);

afterAll(async () => {
  await connector[Symbol.asyncDispose]();
});

for (const file of readdirSync(join(connectorFolder, "cases")).sort()) {
  const cases = Bun.YAML.parse(readFileSync(join(connectorFolder, "cases", file), "utf8")) as readonly Case[];
  test.each(cases.map((each) => [each.name, each] as const))(`${file}: %s`, async (_, each) => {
    const { error } = each;
    const expected = error === undefined ? { ok: true, output: each.expect } : { failure: { code: error } };
    expect(await connector.executeRecorded(each)).toMatchObject(expected);
  });
}

test("code is found with at most 20 matches, in one repository if asked for", async () => {
  const common = z
    .object({ data: z.array(z.unknown()) })
    .parse(await connector.execute("search_code", { query: "common" }));
  expect(common.data).toHaveLength(20);
  expect(await connector.execute("search_code", { query: "thrust größe 😀", repo: "ACME/rockets" })).toEqual({
    data: [
      {
        path: "src/engine größe.c",
        repo: "acme/rockets",
        url: "https://github.com/acme/rockets/blob/main/src/engine größe.c",
        score: 1,
      },
    ],
  });
  expect(await connector.execute("search_code", { query: "nowhere-at-all" })).toEqual({ data: [] });
});

test("repositories are found", async () => {
  expect(await connector.execute("search_repositories", { query: "mostly" })).toEqual({
    data: [
      {
        ...{ name: "acme/rockets", description: "Rockets, mostly", url: "https://github.com/acme/rockets" },
        ...{ stars: 80, language: "C" },
      },
    ],
  });
});

test("a file of every length up to 1 MiB is decoded, a longer one and a binary one are errors", async () => {
  const get = (path: string, more = {}) =>
    connector.execute("get_file", { repo: "acme/rockets", path, ...more });
  const text = connector.rockets.files["src/engine größe.c"];
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
  const few = schema.parse(await connector.execute("list_branches", { repo: "acme/rockets" })).data;
  expect(few.branches.map(({ name }) => name)).toEqual([...connector.rockets.branches]);
  expect(few.isComplete).toBe(true);
  const many = schema.parse(await connector.execute("list_branches", { repo: "acme/secrets" })).data;
  expect(many.branches).toHaveLength(1_000);
  expect(many.isComplete).toBe(false);
});

test("a repository that was renamed answers under its old name, also to what creates", async () => {
  expect(await connector.execute("get_repository", { repo: "acme/fireworks" })).toMatchObject({
    data: { name: "acme/rockets" },
  });
  const issue = { repo: "acme/fireworks", title: "by the old name", body: "" };
  expect(await connector.execute("create_issue", issue)).toMatchObject({ data: { state: "open" } });
  expect(connector.rockets.issues?.at(-1)).toMatchObject({ title: "by the old name" });
});

test("what changes something needs the grant write", async () => {
  const issue = { repo: "acme/rockets", title: "Thrust 😀", body: 'It is\n"low".' };
  const pull = { repo: "acme/rockets", title: "More thrust", body: "", head: "topic" };
  const before = connector.github.requests.length;
  for (const refused of [
    await connector.execute("create_issue", issue, "github-reader"),
    await connector.execute("create_pr", pull, "github-reader"),
  ]) {
    expect(refused).toMatchObject({ failure: { code: "not_granted" } });
  }
  expect(connector.github.requests.length).toBe(before);
  const made = await connector.execute("create_issue", issue);
  const number = (connector.rockets.issues?.length ?? 0) + connector.rockets.pulls.length;
  expect(made).toEqual({
    data: { number, url: `https://github.com/acme/rockets/issues/${number}`, state: "open" },
  });
  expect(connector.rockets.issues?.at(-1)).toMatchObject({ title: issue.title, body: issue.body });
  expect(await connector.execute("create_pr", pull)).toMatchObject({
    data: { number: number + 1, state: "open" },
  });
  expect(connector.rockets.pulls.at(-1)).toMatchObject({ head: { ref: "topic" }, base: { ref: "main" } });
  expect(await connector.execute("create_pr", pull)).toMatchObject({
    error: {
      code: "invalid",
      message: expect.stringContaining("A pull request already exists for acme:topic."),
    },
  });
  expect(await connector.execute("create_issue", { ...issue, repo: "acme/secrets" })).toMatchObject({
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
  expect(calls.map(([operation]) => operation)).toEqual(Object.keys(connector.manifest.operations));
  for (const [operation, args] of calls) {
    const output = connectorOutputSchema.parse(await connector.execute(operation, args));
    const schema = z.fromJSONSchema(connector.manifest.operations[operation]?.result ?? {});
    expect("data" in output && schema.safeParse(output.data).error).toBeUndefined();
  }
});

test("requests say what GitHub asks for, and hold a token only if there is one", async () => {
  await connector.execute("get_repository", { repo: "acme/rockets" });
  expect(connector.lastRequest()).toMatchObject({
    method: "GET",
    target: "/repos/acme/rockets",
    headers: {
      accept: "application/vnd.github+json",
      "x-github-api-version": "2022-11-28",
      authorization: `Bearer ${token}`,
    },
  });
  const config = { api_url: { value: connector.github.url } };
  const args = { repo: "acme/secrets" };
  expect(await connector.executeAs({ config }, "get_repository", args)).toMatchObject({
    error: { code: "not_found" },
  });
  expect(connector.lastRequest().headers).not.toHaveProperty("authorization");
  expect(await connector.executeAs({ config }, "search_code", { query: "a" })).toMatchObject({
    error: { code: "unauthorized" },
  });
  const wrong = { ...config, token: { value: "ghp_another" } };
  expect(await connector.executeAs({ config: wrong }, "get_repository", args)).toMatchObject({
    error: { code: "unauthorized", message: expect.stringContaining("Bad credentials") },
  });
  const broken = { ...config, token: { value: `  ${token}\n` } };
  expect(await connector.executeAs({ config: broken }, "get_repository", args)).toMatchObject({
    data: { private: true },
  });
});

test("arguments that do not fit fail before anything is sent", async () => {
  const before = connector.github.requests.length;
  for (const [operation, args] of [
    ["get_repository", {}],
    ["search_code", { query: "" }],
    ["search_code", { query: "a", per_page: 100 }],
    ["get_file", { repo: "acme/rockets", path: 1 }],
    ["create_issue", { repo: "acme/rockets", title: "a", body: "b".repeat(65_537) }],
  ] as const) {
    expect(await connector.execute(operation, args)).toMatchObject({ failure: { code: "input_invalid" } });
  }
  expect(await connector.execute("delete_repository", { repo: "acme/rockets" })).toMatchObject({
    failure: { code: "plugin_not_implemented" },
  });
  expect(connector.github.requests.length).toBe(before);
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
  await connector.during(how, async () => {
    for (const [operation, args] of [
      ["search_code", { query: "a" }],
      ["search_repositories", { query: "a" }],
      ["get_repository", { repo }],
      ["get_file", { repo, path: "a" }],
      ["list_branches", { repo }],
      ["create_issue", { repo, title: "a", body: "" }],
      ["create_pr", { repo, title: "a", body: "", head: "topic" }],
    ] as const) {
      expect(await connector.execute(operation, args)).toMatchObject({ error });
    }
  });
});

test("an answer that is cut, silent, too large or endless redirects fail the call by name", async () => {
  const get = () => connector.execute("get_repository", { repo: "acme/rockets" });
  expect(await connector.during("truncated", get)).toMatchObject({ failure: { code: "http_failed" } });
  const loop = { status: 301, headers: { location: "/repos/acme/rockets" } };
  expect(await connector.during(loop, get)).toMatchObject({ failure: { code: "http_redirects" } });
  const away = { status: 301, headers: { location: "http://127.0.0.1:9/user" } };
  expect(await connector.during(away, get)).toMatchObject({ failure: { code: "http_host_not_granted" } });
  const limited = (limits: PluginRecord["limits"]) =>
    connector.executeAs({ limits }, "get_repository", { repo: "acme/rockets" });
  const silence = await connector.during("silent", () => limited({ httpTimeoutMs: 200 }));
  expect(silence).toMatchObject({ failure: { code: "http_timeout" } });
  expect(await limited({ httpResponseBytes: 100 })).toMatchObject({ failure: { code: "http_too_large" } });
  const nobody = { api_url: { value: "http://127.0.0.1:9" }, token: { environment: "TOKEN" } };
  const hosts = ["127.0.0.1:9"];
  const { grants } = await connector.plugins.get("github-writer");
  const absent = { config: nobody, grants: { ...grants, http: { hosts } } };
  expect(await connector.executeAs(absent, "get_repository", { repo: "acme/rockets" })).toMatchObject({
    failure: { code: "http_failed" },
  });
  expect(await get()).toMatchObject({ data: { name: "acme/rockets" } });
});

test("health tells what is left, and why GitHub cannot be used", async () => {
  expect(await connector.checkHealth()).toEqual({
    ok: true,
    message: "GitHub answers; 4999 of 5000 requests are left",
  });
  expect(connector.lastRequest()).toMatchObject({ method: "GET", target: "/rate_limit" });
  const unlimited = { status: 404, body: { message: "Rate limiting is not enabled." } };
  expect(await connector.during(unlimited, connector.checkHealth)).toMatchObject({ ok: true });
  const spent = { status: 200, body: { resources: { core: { limit: 60, remaining: 0 } } } };
  expect(await connector.during(spent, connector.checkHealth)).toMatchObject({ ok: false });
  for (const how of [
    { status: 401 },
    { status: 500 },
    { status: 404 },
    { status: 200, body: "x" },
    { status: 200 },
  ])
    expect(await connector.during(how, connector.checkHealth)).toMatchObject({ ok: false });
});

test("the token was in nothing that came back from all of this", () => {
  expect(connector.seen().length).toBeGreaterThan(100);
  expect(connector.seen().filter((text) => text.includes(token))).toEqual([]);
});

import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { copyFileSync, writeFileSync } from "node:fs";
import { makeJudgeOf, packPlugin } from "../guest-plugins.ts";
import { sending } from "../hostile/ungranted.ts";
import { startHttpFixture, writeHttpAnswer } from "../http-fixture.ts";
import { binaryPath, programCommand } from "../serve-process.ts";
import { createTemporaryFolder } from "../temporary-folder.ts";

setDefaultTimeout(120_000);

/** Where a program that was only copied runs: nothing beside it, nothing in its environment. */
const folder = createTemporaryFolder();
const binary = binaryPath();
const program = binary === undefined ? programCommand() : [folder.file("hearth")];
if (binary !== undefined) copyFileSync(binary, folder.file("hearth"));
afterAll(() => folder[Symbol.dispose]());

async function hearth(argv: readonly string[], stdin = "") {
  const child = Bun.spawn([...program, ...argv], {
    cwd: folder.path,
    env: { HEARTH_HOME: folder.file("home"), HEARTH_DISCOVER: "off" },
    stdin: Buffer.from(stdin),
    stdout: "pipe",
    stderr: "pipe",
  });
  const [output, errors] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  return { output, errors, code: await child.exited };
}

async function call(plugin: string, input: object, ...options: string[]) {
  const { output, errors, code } = await hearth(
    ["plugin", "call", plugin, "--input", "-", ...options],
    JSON.stringify(input),
  );
  const answer: Readonly<Record<string, unknown>> = JSON.parse(output || JSON.stringify({ errors }));
  return { code, answer };
}

const inside: readonly (readonly [name: string, input: object, output: object])[] = [
  [
    "length-and-keywords",
    { response: "An implementation with an example.", criteria: { required_keywords: ["example"] } },
    { verdict: "pass", score: 1 },
  ],
  ["coherence", { response: "blah blah blah blah" }, { verdict: "warn" }],
  [
    "relevance",
    { response: "At 100 degrees.", criteria: { similarity: 0.5, unmatched: 0.1, matched: 0.6 } },
    { verdict: "pass", score: 0.8 },
  ],
  [
    "json-schema",
    { response: '{"a":"1"}', criteria: { schema: { properties: { a: { type: "number" } } } } },
    { verdict: "fail" },
  ],
  [
    "grounding",
    { response: "The capital is Lyon.", context: ["The capital of France is Lyon, they say."] },
    { verdict: "pass", score: 1 },
  ],
  [
    "pii",
    { response: "Write to alice@example.org." },
    { verdict: "fail", spans: [{ label: "email", start: 9, length: 17 }] },
  ],
  [
    "value-score",
    { hook: "value.score", outcome: "success", feedback: 1, query: "a first query" },
    { value: 0.7, highValue: true, extract: true },
  ],
  [
    "route-by-complexity",
    { hook: "route.decide", prompt: "what is rust", inputTokens: 1_801 },
    { route: "remote", inputTokens: 1_801 },
  ],
  [
    "cache-guard",
    { hook: "cache.serve", query: "is 7 prime", cachedQuery: "is 8 prime", similarity: 0.99 },
    { serve: false },
  ],
];

test.each(inside)("%s answers from inside the program", async (name, input, output) => {
  expect(await call(name, input)).toMatchObject({ code: 0, answer: output });
});

test("the connector inside is there, and does nothing before it is added", async () => {
  const asked = { operation: "get_repository", arguments: { repo: "owner/name" } };
  expect(await call("github", asked)).toMatchObject({
    code: 1,
    answer: { error: { code: "plugin_disabled" } },
  });
  const { output } = await hearth(["plugin", "info", "github", "--json"]);
  expect(JSON.parse(output)).toMatchObject({ name: "github" });
});

/** From source the tests of the command line compile each kind already. */
const kinds = binary === undefined ? ["judge"] : ["judge", "policy", "connector"];

test.each(kinds)("a new %s compiles, passes its own cases and is added", async (kind) => {
  const name = `my-${kind}`;
  expect(await hearth(["plugin", "new", kind, name])).toMatchObject({ code: 0 });
  expect(await hearth(["plugin", "test", name])).toMatchObject({
    code: 0,
    output: expect.stringContaining(", 0 failed"),
  });
  const file = `${name}/build/${name}.wasm`;
  expect(await hearth(["plugin", "add", file, "--yes"])).toMatchObject({ code: 0 });
  const { output } = await hearth(["plugin", "ls", "--json"]);
  expect(output).toContain(`"${name}"`);
});

test("a plugin reaches the host that it was granted, and no other", async () => {
  await using server = await startHttpFixture((_, connection) =>
    connection.end(writeHttpAnswer({ body: '{"verdict":"pass"}' })),
  );
  const url = `http://127.0.0.1:${server.port}/`;
  const hosts = [`127.0.0.1:${server.port}`];
  const manifest = { kind: "judge", name: "looks", version: "1.0.0" };
  const permissions = { http: { reason: "to look", hosts } };
  const judge = packPlugin(sending(JSON.stringify({ url })), { ...manifest, permissions });
  writeFileSync(folder.file("looks.wasm"), judge);
  const look = (...grants: string[]) => call("looks.wasm", { response: "" }, ...grants);
  expect(await look()).toMatchObject({ answer: { error: { code: "not_granted" } } });
  expect(await look("--grant", "http")).toMatchObject({
    answer: { error: { code: "http_address_blocked" } },
  });
  expect(await look("--grant", "http", "--grant", "privateNetwork")).toMatchObject({
    answer: { verdict: "pass" },
  });
  expect(server.requests).toHaveLength(1);
});

test("a plugin asks the model inside, by the path of every request", async () => {
  const request = { prompt: "Reply with exactly: pong-42", temperature: 0, maxTokens: 16 };
  const judge = makeJudgeOf(
    "asks",
    (guest) => [guest.text(JSON.stringify(request)), guest.host("generate"), guest.host("error_set")],
    { permissions: { generate: { reason: "to ask" } } },
  );
  writeFileSync(folder.file("asks.wasm"), judge);
  expect(await call("asks.wasm", { response: "" })).toMatchObject({
    answer: { error: { code: "not_granted" } },
  });
  const { answer } = await call("asks.wasm", { response: "" }, "--grant", "generate");
  expect(answer).toMatchObject({
    error: { code: "plugin_error", message: expect.stringContaining("pong-42") },
  });
});

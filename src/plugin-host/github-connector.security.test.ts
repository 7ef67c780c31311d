import { afterAll, beforeAll, expect, test } from "bun:test";
import fc from "fast-check";
import { z } from "zod";
import { startHttpFixture, writeHttpAnswer } from "../testing/index.ts";
import { type GithubConnector, openGithubConnector, token } from "./github-connector.fixture.ts";
import type { RecordedExchange } from "./protocol.ts";

let connector: GithubConnector;

beforeAll(async () => {
  connector = await openGithubConnector();
}, 60_000);

afterAll(async () => {
  await connector[Symbol.asyncDispose]();
});

test("a query that reaches beyond the repository is refused and not cut", async () => {
  const found = await connector.execute("search_code", {
    query: "thrust repo:acme/secrets",
    repo: "acme/rockets",
  });
  expect(found).toMatchObject({
    error: { code: "invalid", message: expect.stringContaining("acme/rockets") },
  });
});

test("no name or path leads to another part of the API", async () => {
  const before = connector.github.requests.length;
  for (const repo of [
    ...["acme", "acme/", "/rockets", "acme/rockets/issues", "../user", "acme/..", "./rockets", "acme/."],
    ...["acme/a%2e%2e", "acme/a b", "acme/a?b", "acme/a#b", "acme\\rockets", "acme/röckets", "acme/a\u0000"],
  ]) {
    for (const operation of ["get_repository", "list_branches"])
      expect(await connector.execute(operation, { repo })).toMatchObject({ error: { code: "invalid" } });
    const thread = { repo, title: "a", body: "" };
    expect(await connector.execute("create_issue", thread)).toMatchObject({ error: { code: "invalid" } });
    expect(await connector.execute("create_pr", { ...thread, head: "a" })).toMatchObject({
      error: { code: "invalid" },
    });
    expect(await connector.execute("get_file", { repo, path: "a" })).toMatchObject({
      error: { code: "invalid" },
    });
    expect(await connector.execute("search_code", { repo, query: "a" })).toMatchObject({
      error: { code: "invalid" },
    });
  }
  for (const path of ["/a", "a/", "a//b", ".", "..", "a/../../../../user", "a/./b"]) {
    expect(await connector.execute("get_file", { repo: "acme/rockets", path })).toMatchObject({
      error: { code: "invalid" },
    });
  }
  expect(connector.github.requests.length).toBe(before);
  await connector.execute("get_file", { repo: "acme/rockets", path: "a\\..\\b/%2e%2e/c?d#e&f=g+h" });
  expect(connector.lastRequest().target).toBe(
    "/repos/acme/rockets/contents/a%5C..%5Cb/%252e%252e/c%3Fd%23e%26f%3Dg%2Bh?ref=main",
  );
});

test("no server brings the token into a result, a message or a log", async () => {
  const echo = { message: `you sent ${token}`, errors: [token, { message: `Bearer ${token}` }] };
  for (const status of [401, 403, 404, 409, 422, 429, 500, 418]) {
    const answer = await connector.during({ status, body: echo }, () =>
      connector.execute("get_repository", { repo: "acme/rockets" }),
    );
    expect(answer).toMatchObject({ error: { message: expect.any(String) } });
  }
  const items = [{ path: token, html_url: token, repository: { full_name: token }, score: 1 }];
  const found = await connector.during({ status: 200, body: { items } }, () =>
    connector.execute("search_code", { query: "a" }),
  );
  expect(found).toMatchObject({ data: [{ path: "[redacted]" }] });
  await connector.during({ status: 401, body: echo }, connector.checkHealth);
  const refused = { status: 301, headers: { location: `http://127.0.0.1:9/?access_token=${token}` } };
  await connector.during(refused, () => connector.execute("get_repository", { repo: "acme/rockets" }));
  const { lastError } = await connector.plugins.get("github-writer");
  const logs = ["github-writer", "github-reader"].map((name) => connector.plugins.logs(name));
  const seen = [...connector.seen(), JSON.stringify([lastError, logs])];
  expect(lastError?.code).toBe("http_host_not_granted");
  expect(seen.filter((text) => text.includes(token))).toEqual([]);
});

test("a redirect to another address that is granted too does not take the token along", async () => {
  const body = JSON.stringify({ message: "elsewhere" });
  await using elsewhere = await startHttpFixture((_, connection) => {
    connection.end(writeHttpAnswer({ status: 404, body }));
  });
  const location = `http://127.0.0.1:${elsewhere.port}/repos/acme/rockets`;
  const hosts = [...connector.grants.http.hosts, `127.0.0.1:${elsewhere.port}`];
  const grants = { ...connector.grants, http: { hosts } };
  const answer = await connector.during({ status: 307, headers: { location } }, () =>
    connector.executeAs({ grants }, "get_repository", { repo: "acme/rockets" }),
  );
  expect(answer).toMatchObject({ error: { message: expect.stringContaining("elsewhere") } });
  expect(connector.lastRequest().headers.authorization).toBe(`Bearer ${token}`);
  expect(elsewhere.requests).toHaveLength(1);
  expect(JSON.stringify(elsewhere.requests)).not.toContain(token);
});

test("a message of GitHub is cut before it fills the error", async () => {
  const body = { message: "😀".repeat(5_000) };
  const answer = await connector.during({ status: 404, body }, () =>
    connector.execute("get_repository", { repo: "acme/rockets" }),
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
      const result = await connector.executeRecorded({ input, http });
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
      expect(await connector.executeRecorded({ input, http })).toMatchObject({ ok: true, output: expected });
    }),
    { numRuns: 300 },
  );
});

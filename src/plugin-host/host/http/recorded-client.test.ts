import { expect, test } from "bun:test";
import { resolveLimits } from "../../limits.ts";
import type { RecordedExchange } from "../../protocol.ts";
import { failureOf } from "./http-test-client.fixture.ts";
import { createRecordedClient } from "./recorded-client.ts";

type Asked = { readonly method?: string; readonly url?: string; readonly body?: string };

const { signal } = new AbortController();

function record(
  request: Partial<RecordedExchange["request"]>,
  response: Partial<RecordedExchange["response"]> = {},
) {
  return {
    request: { method: "GET", url: "https://good.test/a", ...request },
    response: { status: 200, headers: {}, body: "", ...response },
  };
}

function createClient(...exchanges: readonly RecordedExchange[]) {
  const limits = resolveLimits({ httpRequestBytes: 10, httpResponseBytes: 10, httpRedirects: 1 });
  const client = createRecordedClient(exchanges, { hosts: ["good.test"], limits });
  return async ({ method = "GET", url = "https://good.test/a", body }: Asked = {}) => {
    const bytes = body === undefined ? undefined : new TextEncoder().encode(body);
    const answer = await client.request({ method, url, headers: {}, body: bytes }, signal);
    return { ...answer, body: new TextDecoder().decode(answer.body) };
  };
}

test("recorded answers are given in order, each once", async () => {
  const ask = createClient(
    record({}, { body: "first", headers: { "X-A": "1" } }),
    record({}, { body: "second" }),
  );
  expect(await ask()).toEqual({ status: 200, headers: { "x-a": "1" }, body: "first" });
  expect((await ask()).body).toBe("second");
  const failure = await failureOf(ask());
  expect(failure.code).toBe("http_failed");
  expect(failure.message).toContain("GET https://good.test/a");
});

test("method, URL and a body that is given choose the answer", async () => {
  const ask = createClient(
    record({ method: "post", body: "x" }, { body: "x" }),
    record({ method: "POST" }, { body: "any" }),
    record({ url: "https://GOOD.test:443/b#c" }, { body: "b" }),
  );
  expect((await ask({ method: "POST", body: "y" })).body).toBe("any");
  expect((await ask({ method: "POST", body: "x" })).body).toBe("x");
  expect((await ask({ url: "https://good.test/b" })).body).toBe("b");
});

test("redirects are followed to their recorded answers and end at the limit", async () => {
  const moved = record({}, { status: 302, headers: { Location: "/b" } });
  const ask = createClient(moved, record({ url: "https://good.test/b" }, { body: "b" }));
  expect((await ask()).body).toBe("b");
  const loop = record({}, { status: 302, headers: { location: "/a" } });
  expect((await failureOf(createClient(loop, loop, loop)())).code).toBe("http_redirects");
});

for (const [name, asked, code] of [
  ["host that is not granted", { url: "https://evil.test/" }, "http_host_not_granted"],
  ["scheme that is not possible", { url: "file:///a" }, "http_scheme"],
  ["body that is too large", { method: "POST", body: "a".repeat(11) }, "http_too_large"],
  ["method that is not possible", { method: "TRACE" }, "http_invalid"],
] as const) {
  test(`a ${name} fails as with the network`, async () => {
    expect((await failureOf(createClient(record(asked))(asked))).code).toBe(code);
  });
}

test("a recorded redirect to a host that is not granted, and an answer that is too large, fail", async () => {
  const away = record({}, { status: 301, headers: { location: "https://evil.test/" } });
  expect((await failureOf(createClient(away)())).code).toBe("http_host_not_granted");
  expect((await failureOf(createClient(record({}, { body: "a".repeat(11) }))())).code).toBe("http_too_large");
});

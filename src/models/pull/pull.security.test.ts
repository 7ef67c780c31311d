import { expect, test } from "bun:test";
import { createBytes, startRegistry } from "../../testing/registry/registry-server.ts";
import { createHttpClient } from "./http-client.ts";
import { createPullSetup, modelType } from "./pull-setup.fixture.ts";

const weights = createBytes(100_000);
const token = "hf_secret";

test("the token does not follow a redirect to another host, and the file still comes", async () => {
  using origin = startRegistry();
  using elsewhere = startRegistry();
  using setup = createPullSetup({ huggingFace: { endpoint: origin.url, token } });
  origin.addRepository("org/repo", { "m.gguf": { bytes: weights } });
  elsewhere.addFile("/cdn/m", weights);
  origin.requireToken(token);
  const location = `${elsewhere.url}/cdn/m?signature=1`;
  origin.misbehave({ path: "/resolve/", how: { kind: "redirect", location } });
  await setup.pull("hf.co/org/repo");
  expect(elsewhere.requests.length).toBe(1);
  expect(elsewhere.requests[0]?.headers.has("authorization")).toBe(false);
});

test("a registry's token goes to that registry alone", async () => {
  using elsewhere = startRegistry();
  using setup = createPullSetup();
  const [digest] = setup.server.addModel("library/tiny", [{ mediaType: modelType, bytes: weights }]);
  elsewhere.addFile("/cdn", weights);
  setup.server.requireToken("anonymous-token", { anonymous: true });
  setup.server.misbehave({
    path: `${digest}`,
    how: { kind: "redirect", location: `${elsewhere.url}/cdn`, status: 307 },
  });
  await setup.pull("tiny");
  expect(elsewhere.requests.every(({ headers }) => !headers.has("authorization"))).toBe(true);
});

test("the token is not sent to a registry of the other protocol", async () => {
  using setup = createPullSetup({ huggingFace: { endpoint: "https://huggingface.co", token } });
  setup.server.addModel("library/tiny", [{ mediaType: modelType, bytes: weights }]);
  await setup.pull("tiny");
  expect(setup.server.requests.every(({ headers }) => !headers.has("authorization"))).toBe(true);
});

test("a list of files that leads to another host is not followed there", async () => {
  using setup = createPullSetup();
  using elsewhere = startRegistry();
  setup.server.addRepository("org/repo", { "m.gguf": { bytes: weights } });
  setup.server.misbehave({
    path: "/tree/",
    how: { kind: "status", status: 200, body: "[]", headers: { link: `<${elsewhere.url}/x>; rel="next"` } },
  });
  await expect(setup.pull("hf.co/org/repo")).rejects.toMatchObject({ code: "model_not_found" });
  expect(elsewhere.requests.length).toBe(0);
});

test("endless redirects end", async () => {
  using setup = createPullSetup();
  setup.server.misbehave({ how: { kind: "redirect", location: "/v2/again" } });
  await expect(setup.pull("tiny")).rejects.toThrow("redirects more than 5 times");
  expect(setup.server.requests.length).toBe(6);
});

test.each(["file:///etc/passwd", "ftp://example.com/x", "data:text/plain,x", "http://["])(
  "a redirect to %s is refused",
  async (location) => {
    using setup = createPullSetup();
    setup.server.misbehave({ how: { kind: "redirect", location } });
    await expect(setup.pull("tiny")).rejects.toMatchObject({ code: "download_failed" });
  },
);

test.each([
  ["https://example.com/a", "http://example.com/a"],
  ["https://example.com/a", "http://127.0.0.1/a"],
  ["https://example.com/a", "http://example.org/a"],
])("from %s nobody is led to %s", async (from, to) => {
  const asked: string[] = [];
  const answer = (url: string | URL | Request) => {
    asked.push(String(url));
    return Promise.resolve(new Response(null, { status: 302, headers: { location: to } }));
  };
  const client = createHttpClient({
    fetch: Object.assign(answer, { preconnect: fetch.preconnect }),
    allowInsecure: false,
  });
  const { signal } = new AbortController();
  await expect(client.get(new URL(from), { signal })).rejects.toThrow("plain http");
  expect(asked).toEqual([from]);
});

test("plain http to another machine is not even begun", async () => {
  using setup = createPullSetup({ registry: "http://example.com" });
  await expect(setup.pull("tiny")).rejects.toThrow("without encryption");
});

test("a manifest without end is not read to its end", async () => {
  using setup = createPullSetup();
  setup.server.addManifest("library/tiny", "{}");
  setup.server.misbehave({ how: { kind: "endless" } });
  await expect(setup.pull("tiny")).rejects.toThrow("is longer than");
});

test("no message shows the query of a signed address", async () => {
  using setup = createPullSetup();
  setup.server.addModel("library/tiny", [{ mediaType: modelType, bytes: weights }]);
  const location = "http://127.0.0.1:1/cdn?signature=secret";
  setup.server.misbehave({ path: "/blobs/", how: { kind: "redirect", location } });
  const failure = await setup.pull("tiny").catch((error: unknown) => error);
  expect(Bun.inspect(failure)).not.toContain("secret");
  expect(String(failure)).toContain("127.0.0.1:1 cannot be reached");
});

test("a token answer cannot smuggle a header", async () => {
  using setup = createPullSetup();
  setup.server.addModel("library/tiny", [{ mediaType: modelType, bytes: weights }]);
  setup.server.requireToken("a\r\nx-evil: 1", { anonymous: true });
  await expect(setup.pull("tiny")).rejects.toThrow("gives no token");
});

import { expect, test } from "bun:test";
import { createServerClient } from "./server-client.ts";

const apiKeys = ["sekret"];

/** Sets the proxy of the environment until it is disposed of. */
function useProxy(url: string): Disposable {
  const names = ["HTTP_PROXY", "http_proxy", "NO_PROXY", "no_proxy"];
  const before = names.map((name) => [name, process.env[name]] as const);
  for (const name of names) delete process.env[name];
  process.env.HTTP_PROXY = url;
  return {
    [Symbol.dispose]() {
      delete process.env.HTTP_PROXY;
      for (const [name, value] of before) if (value !== undefined) process.env[name] = value;
    },
  };
}

test.each(["0.0.0.0", "127.0.0.1"])("the key for a server at %s goes to no proxy", async (host) => {
  const proxied: (string | null)[] = [];
  await using proxy = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch(request) {
      proxied.push(request.headers.get("authorization"));
      return Response.json({ from: "proxy" });
    },
  });
  await using server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: () => Response.json({ from: "server" }),
  });
  using _ = useProxy(proxy.url.href);
  const client = createServerClient({ host, port: Number(server.port), apiKeys });
  expect(await client.request("GET", "/api/ps")).toEqual({ from: "server" });
  expect(proxied).toEqual([]);
});

test.each<[string, () => Response | Promise<Response>]>([
  ["begins no answer", () => new Promise<Response>(() => {})],
  ["ends no answer", () => new Response(new ReadableStream({ pull: () => new Promise(() => {}) }))],
])("a server that %s in time is said to be slow, not absent", async (_, answer) => {
  const server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: answer });
  try {
    const client = createServerClient({ host: "127.0.0.1", port: Number(server.port), apiKeys });
    await expect(client.request("POST", "/api/generate", { timeoutMs: 50 })).rejects.toThrow(
      `the server at ${client.url} did not answer within 0.05 s; look with hearth ps`,
    );
  } finally {
    await server.stop(true);
  }
});

import { expect, test } from "bun:test";
import { systemClock } from "../../resilience/index.ts";
import { createHttpClient } from "./http-client.ts";
import { createRegistrySession } from "./registry-session.ts";

/** The origins that are asked where a registry names a place to get tokens. */
async function originsAsked(base: string, realm: string): Promise<readonly string[]> {
  const asked: string[] = [];
  const challenge = { "www-authenticate": `Bearer realm="${realm}",service="x"` };
  const answer = async (url: string | URL | Request) => {
    asked.push(new URL(String(url)).origin);
    return asked.length === 1
      ? new Response("", { status: 401, headers: challenge })
      : Response.json({ token: "t" });
  };
  const client = createHttpClient({
    fetch: Object.assign(answer, { preconnect: fetch.preconnect }),
    allowInsecure: true,
  });
  const session = createRegistrySession(new URL(base), client, { clock: systemClock, random: () => 1 });
  await session.get("/v2/", {}, new AbortController().signal);
  return asked;
}

test.each([
  ["https://registry.example", "http://127.0.0.1:9999/admin"],
  ["https://registry.example", "http://registry.example/token"],
  ["http://registry.example", "http://127.0.0.1:9999/admin"],
  ["https://registry.example", "ftp://registry.example/token"],
])("%s cannot have tokens asked for at %s", async (base, realm) => {
  expect(await originsAsked(base, realm)).toEqual([base]);
});

test.each([
  ["https://registry.example", "https://auth.example"],
  ["http://127.0.0.1:5000", "http://localhost:5001"],
  ["http://registry.example:5000", "http://registry.example:5001"],
])("%s has tokens asked for at %s", async (base, realm) => {
  expect(await originsAsked(base, `${realm}/token`)).toEqual([base, realm, base]);
});

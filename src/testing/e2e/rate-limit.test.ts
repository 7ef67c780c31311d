import { expect, setDefaultTimeout, test } from "bun:test";
import { startServe } from "../serve-process.ts";

setDefaultTimeout(60_000);

const key = { authorization: "Bearer first-key" };

test("a server with keys refuses the one that hammers it, counts that, and goes on for another", async () => {
  await using server = await startServe(
    ["--api-key", "first-key", "--api-key", "second-key", "--burst", "5", "--rate", "1"],
    { waitForReady: false },
  );
  const get = (path: string, headers: Record<string, string> = key) =>
    fetch(`${server.url}${path}`, { headers });
  const hammered = await Promise.all(Array.from({ length: 200 }, () => get("/api/version")));
  const refused = hammered.filter(({ status }) => status === 429);
  expect(refused.length).toBeGreaterThan(150);
  expect(Number(refused[0]?.headers.get("retry-after"))).toBeGreaterThan(0);
  expect((await get("/api/version", { "x-api-key": "second-key" })).status).toBe(200);
  const metrics = await (await get("/metrics")).text();
  expect(Number(/^hearth_rate_limited_total (\d+)$/m.exec(metrics)?.[1])).toBe(refused.length);
});

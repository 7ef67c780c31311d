import { expect, test } from "bun:test";
import { createServerRecords } from "../testing/index.ts";
import { createServerApp } from "./app.ts";
import { maxHops } from "./limits.ts";

function createApp() {
  const records = createServerRecords();
  const app = createServerApp(records.deps);
  const chat = (hops: string) =>
    app.request("/v1/chat/completions", {
      method: "POST",
      headers: { "content-type": "application/json", "x-hearth-hops": hops },
      body: JSON.stringify({ messages: [{ role: "user", content: "hello" }] }),
    });
  return { ...records, app, chat };
}

test("a request that was passed on a few times is answered, and knows how often", async () => {
  const { chat, generations } = createApp();
  expect((await chat(String(maxHops))).status).toBe(200);
  expect(generations[0]?.request.hops).toBe(maxHops);
});

test.each([String(maxHops + 1), "99999999999999999999", "-1", "many", "1.5"])(
  "hops of %j are refused, with the header named",
  async (hops) => {
    const { chat, generations } = createApp();
    const response = await chat(hops);
    expect(response.status).toBe(400);
    expect(JSON.parse(await response.text()).error.param).toBe("x-hearth-hops");
    expect(generations).toEqual([]);
  },
);

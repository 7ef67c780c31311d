import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { startServe } from "../serve-process.ts";
import { waitUntil } from "../wait-until.ts";
import { collectStream, expectError, post, readFrames, readJson, streamBody } from "./requests.ts";

setDefaultTimeout(60_000);

const parallel = 2;
const queue = 64;
const clients = 200;
const longAnswer = 1500;
const server = await startServe(["--parallel", String(parallel), "--queue", String(queue)]);
const chatUrl = `${server.url}/v1/chat/completions`;
const question = { messages: [{ role: "user", content: "Reply with exactly: pong-42" }], temperature: 0 };

afterAll(() => server[Symbol.asyncDispose]());

test.if(process.platform !== "win32")(
  "of 200 clients at once those that fit are answered, the others are refused at once, and what ran goes on",
  async () => {
    const streams = await Promise.all(
      Array.from({ length: parallel }, () => post(chatUrl, streamBody(longAnswer))),
    );
    const frames = streams.map(readFrames);
    await Promise.all(frames.map((stream) => stream.next()));

    // A stopped engine makes no room, so that who fits does not depend on the machine's speed.
    const [host = 0] = server.hosts();
    process.kill(host, "SIGSTOP");
    const answers: Response[] = [];
    const refusals: Response[] = [];
    const all = Array.from({ length: clients }, async () => {
      const response = await post(chatUrl, question);
      (response.status === 200 ? answers : refusals).push(response);
    });
    await waitUntil("those that do not fit are refused", () => refusals.length >= clients - queue);
    process.kill(host, "SIGCONT");
    await Promise.all(all);

    expect([answers.length, refusals.length]).toEqual([queue, clients - queue]);
    for (const response of refusals) {
      expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);
      expect(await expectError(response, 503)).toMatchObject({ code: "queue_full", type: "server_error" });
    }
    for (const response of answers)
      expect(await readJson(response)).toMatchObject({ choices: [{ message: { content: "pong-42" } }] });
    for (const stream of frames) {
      expect(await collectStream(stream)).toMatchObject({
        isDone: true,
        finishReason: "length",
        completionTokens: longAnswer,
      });
    }
    expect(server.countEvents("engine_host_died")).toBe(0);
  },
);

test("200 clients that stream and leave at random free their places", async () => {
  const leaving = Array.from({ length: clients }, async (_, index) => {
    const controller = new AbortController();
    const response = await fetch(chatUrl, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(streamBody(longAnswer)),
      signal: controller.signal,
    });
    if (response.status !== 200) return response.status;
    const frames = readFrames(response);
    for (let count = 0; count < index % 5; count++) await frames.next();
    controller.abort();
    return response.status;
  });
  const statuses = await Promise.all(leaving);
  expect([...new Set(statuses)].filter((status) => status !== 200 && status !== 503)).toEqual([]);
  await waitUntil("nothing runs or waits", async () => {
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    return /^hearth_requests_running\S* 0$/m.test(metrics) && /^hearth_queue_depth\S* 0$/m.test(metrics);
  });
  expect((await post(chatUrl, question)).status).toBe(200);
  expect(server.countEvents("engine_host_died")).toBe(0);
});

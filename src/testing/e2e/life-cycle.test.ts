import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { type ServeProcess, startServe } from "../serve-process.ts";
import { isProcessAlive, waitUntil } from "../wait-until.ts";
import { collectStream, expectError, post, readFrames, readJson, streamBody } from "./requests.ts";

setDefaultTimeout(60_000);

const longAnswer = 1900;
const question = { messages: [{ role: "user", content: "Reply with exactly: pong-42" }], temperature: 0 };
const chatUrl = (server: ServeProcess) => `${server.url}/v1/chat/completions`;

/** Begins an answer that goes on for long, and waits for its first piece. */
async function beginStream(server: ServeProcess, tokens = longAnswer) {
  const response = await post(chatUrl(server), streamBody(tokens));
  expect(response.status).toBe(200);
  const frames = readFrames(response);
  await frames.next();
  return frames;
}

/** Holds the engine still, so that what runs cannot end while a test looks at it. */
function freeze(server: ServeProcess): Disposable {
  const [host = 0] = server.hosts();
  process.kill(host, "SIGSTOP");
  return { [Symbol.dispose]: () => void (isProcessAlive(host) && process.kill(host, "SIGCONT")) };
}

/** Whether the server has taken note of a signal. */
const isStopping = async (server: ServeProcess) => (await fetch(`${server.url}/ready`)).status === 503;

describe("SIGTERM", () => {
  test.each(["SIGTERM", "SIGINT"] as const)(
    "%s lets a stream end, refuses new requests and leaves no child",
    async (signal) => {
      await using server = await startServe(["--parallel", "2"]);
      const hosts = server.hosts();
      const frames = await beginStream(server);
      {
        using _still = freeze(server);
        server.kill(signal);
        await waitUntil("the server stops", () => isStopping(server));
        const refused = await post(chatUrl(server), question);
        expect(refused.headers.get("retry-after")).not.toBeNull();
        await expectError(refused, 503);
      }
      expect(await collectStream(frames)).toMatchObject({ isDone: true, completionTokens: longAnswer });
      expect(await server.exited).toBe(0);
      expect(hosts).toHaveLength(1);
      expect(hosts.filter(isProcessAlive)).toEqual([]);
    },
  );

  test("a second one ends what runs at once", async () => {
    await using server = await startServe(["--parallel", "2"]);
    const hosts = server.hosts();
    const frames = await beginStream(server);
    using _still = freeze(server);
    server.kill("SIGTERM");
    await waitUntil("the server stops", () => isStopping(server));
    server.kill("SIGTERM");
    const { frames: rest, completionTokens } = await collectStream(frames);
    expect(completionTokens).toBeUndefined();
    expect(rest.join("\n")).toContain('"code":"shutting_down"');
    expect(await server.exited).toBe(1);
    expect(hosts.filter(isProcessAlive)).toEqual([]);
  });

  test("the deadline ends what runs, with an error in its stream", async () => {
    await using server = await startServe(["--parallel", "2", "--shutdown-timeout", "50"]);
    const frames = await beginStream(server);
    using _still = freeze(server);
    server.kill("SIGTERM");
    expect((await collectStream(frames)).frames.join("\n")).toContain('"code":"shutting_down"');
    expect(await server.exited).toBe(0);
  });
});

describe("a death", () => {
  test("of the server leaves no engine host behind, busy or not", async () => {
    await using server = await startServe(["--parallel", "2"]);
    const hosts = server.hosts();
    const frames = await beginStream(server);
    server.kill("SIGKILL");
    await server.exited;
    await waitUntil("the host is gone", () => !hosts.some(isProcessAlive));
    await collectStream(frames).catch(() => undefined);
  });

  test("of the engine host ends its streams with an error frame, and a fresh one answers the next request", async () => {
    await using server = await startServe(["--parallel", "2"]);
    const [host = 0] = server.hosts();
    const frames = await Promise.all([beginStream(server), beginStream(server)]);
    process.kill(host, "SIGKILL");
    for (const stream of frames) {
      const { frames: rest } = await collectStream(stream);
      const error = JSON.parse(rest.at(-2) ?? "");
      expect(error).toMatchObject({ error: { type: "server_error", code: "host_died" } });
      expect(rest.at(-1)).toBe("[DONE]");
    }
    const answer = await post(chatUrl(server), question);
    expect(await readJson(answer)).toMatchObject({ choices: [{ message: { content: "pong-42" } }] });
    expect(server.hosts()).toHaveLength(1);
    expect(server.hosts()).not.toContain(host);
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    expect(metrics).toMatch(/^hearth_engine_restarts_total\{model="hearth-demo"\} 1$/m);
  });

  test("of the engine host while a whole answer is waited for is a 500 in the protocol's shape", async () => {
    await using server = await startServe(["--parallel", "2"]);
    const [host = 0] = server.hosts();
    process.kill(host, "SIGSTOP");
    const waiting = post(chatUrl(server), question);
    await waitUntil("the request is in the server", async () =>
      /^hearth_(queue_depth|requests_running)\S* 1$/m.test(
        await (await fetch(`${server.url}/metrics`)).text(),
      ),
    );
    process.kill(host, "SIGKILL");
    expect(await expectError(await waiting, 500)).toMatchObject({ code: "host_died" });
    expect((await post(chatUrl(server), question)).status).toBe(200);
  });
});

test("a client that leaves frees its place within a step", async () => {
  await using server = await startServe(["--parallel", "1", "--queue", "0"]);
  const controller = new AbortController();
  const stream = await fetch(chatUrl(server), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(streamBody(longAnswer)),
    signal: controller.signal,
  });
  await readFrames(stream).next();
  {
    using _still = freeze(server);
    await expectError(await post(chatUrl(server), question), 503);
  }
  controller.abort();
  await waitUntil("there is room again", async () => (await post(chatUrl(server), question)).status === 200);
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  const tokens = Number(/^hearth_generation_tokens_total\S* (\d+)$/m.exec(metrics)?.[1]);
  expect(tokens).toBeLessThan(longAnswer);
});

test("two servers do not share a port: the second says which one is taken", async () => {
  await using server = await startServe();
  const { port } = new URL(server.url);
  expect(startServe(["--port", port])).rejects.toThrow(port);
});

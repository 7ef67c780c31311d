/**
 * Run by single-binary.test.ts in a network of its own: starts the executable that the command line names with an
 * empty environment, chats with it, and prints what came of it as JSON.
 */
import { readProcessInput } from "../config/index.ts";

const [binary = "", home = ""] = readProcessInput().argv;
const question = {
  messages: [{ role: "user", content: "Reply with exactly: pong-42" }],
  temperature: 0,
};

async function readUrl(stream: ReadableStream<Uint8Array>): Promise<string> {
  let text = "";
  for await (const chunk of stream) {
    text += new TextDecoder().decode(chunk);
    const url = /http:\/\/\S+/.exec(text)?.[0];
    if (url !== undefined) return url;
  }
  return "";
}

async function chat(url: string, changes: object = {}): Promise<string> {
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ ...question, ...changes }),
  });
  return await response.text();
}

/** Whether anything beyond this machine can be reached. */
async function hasNetwork(): Promise<boolean> {
  const outside = "http://192.0.2.1/";
  return await fetch(outside, { signal: AbortSignal.timeout(200) }).then(
    () => true,
    (error: unknown) => error instanceof Error && error.name === "TimeoutError",
  );
}

const startedMs = performance.now();
const server = Bun.spawn([binary, "serve", "--port", "0", "--home", home], {
  env: {},
  stdin: "ignore",
  stdout: "pipe",
  stderr: "pipe",
});
const log = server.stderr.text();
const url = await readUrl(server.stdout);
const answer = url === "" ? "" : await chat(url);
const stream = url === "" ? "" : await chat(url, { stream: true });
const answeredMs = performance.now() - startedMs;
server.kill("SIGTERM");
const code = await server.exited;
const result = { answer, stream, code, answeredMs, hasNetwork: await hasNetwork(), log: await log };
process.stdout.write(JSON.stringify(result));

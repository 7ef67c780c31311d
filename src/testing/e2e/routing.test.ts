import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { type ServeProcess, startServe } from "../serve-process.ts";
import { createTemporaryFolder } from "../temporary-folder.ts";
import { startUpstreamFixture, type UpstreamFixture } from "../upstream-fixture.ts";
import { waitUntil } from "../wait-until.ts";
import { post, readJson } from "./requests.ts";

setDefaultTimeout(120_000);

const folder = createTemporaryFolder();
const hard =
  "Design a distributed architecture for a payment system and explain the trade-off of each strategy.";
let work: UpstreamFixture;
let spare: UpstreamFixture;
let server: ServeProcess;

beforeAll(async () => {
  work = await startUpstreamFixture({
    script: ({ question }) => {
      if (question.includes("(out of order)")) return { fault: { type: "status", status: 500 } };
      if (!question.includes("(breaks off)")) return { text: "The large model answers." };
      return { pieces: ["One ", "two ", "three"], fault: { type: "dies", afterPieces: 2 } };
    },
  });
  spare = await startUpstreamFixture({ kind: "anthropic", script: () => ({ text: "three four." }) });
  const models = { large: { inputUsd: 3, outputUsd: 15 } };
  const config = {
    upstreams: [work.config("work", { models }), spare.config("spare", { models })],
    ...{ routeRemote: "large@work", fallbacks: ["large@work=large@spare"] },
  };
  writeFileSync(folder.file("config.json"), JSON.stringify(config));
  server = await startServe(["--config", folder.file("config.json")]);
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await Promise.all([work[Symbol.asyncDispose](), spare[Symbol.asyncDispose]()]);
  folder[Symbol.dispose]();
});

async function ask(content: string, fields: object = {}) {
  const body = { model: "auto", temperature: 0, messages: [{ role: "user", content }], ...fields };
  const response = await post(`${server.url}/v1/chat/completions`, body);
  const route = response.headers.get("x-hearth-route");
  return { route, cache: response.headers.get("x-hearth-cache"), text: await response.text() };
}

function answerOf({ text }: { readonly text: string }): string {
  return JSON.parse(text).choices[0].message.content;
}

test("an easy question stays, a hard one goes to the upstream, and a private one never does", async () => {
  expect((await ask("Who are you?")).route).toBe("local; rule=default; model=hearth-demo");
  expect(work.generations).toHaveLength(0);
  const answered = await ask(hard);
  expect(answered.route).toBe("remote; rule=design; model=large@work");
  expect(answerOf(answered)).toBe("The large model answers.");
  const connections = work.acceptedConnections + spare.acceptedConnections;
  const hearth = { privacy: "local" };
  expect((await ask(hard, { hearth })).route).toBe("local; rule=privacy; model=hearth-demo");
  const named = await ask(hard, { model: "large@work", hearth });
  expect(JSON.parse(named.text).error.code).toBe("forbidden");
  expect(work.acceptedConnections + spare.acceptedConnections).toBe(connections);
});

test("an answer that is known is served without asking again, and its receipt says so", async () => {
  const hearth = { cache: "exact" };
  const asked = { hearth, max_tokens: 40 };
  expect((await ask(hard, asked)).cache).toBe("miss");
  const again = async () => await ask(hard, asked);
  let known = await again();
  await waitUntil("the answer is stored", async () => {
    if (known.cache?.startsWith("exact")) return true;
    known = await again();
    return false;
  });
  expect(known.route).toBe("cache; rule=exact; model=large@work");
  expect(answerOf(known)).toBe("The large model answers.");
  const before = work.generations.length;
  expect((await again()).cache).toStartWith("exact");
  expect(work.generations).toHaveLength(before);
});

test("where an upstream fails the next one answers, and the receipt tells both attempts", async () => {
  const answered = await ask("Go on (out of order)", { model: "large@work" });
  expect(answered.route).toBe("remote; rule=fallback; model=large@spare");
  const { id } = JSON.parse(answered.text);
  let receipt: { readonly attempts?: readonly object[] } = {};
  await waitUntil("the receipt is stored", async () => {
    receipt = await readJson(await fetch(`${server.url}/v1/routes/${id}`));
    return receipt.attempts !== undefined;
  });
  expect(receipt.attempts).toMatchObject([
    { model: "large@work", outcome: "failed" },
    { model: "large@spare", outcome: "answered" },
  ]);
});

test("what breaks off in the middle goes on elsewhere, and nothing is said twice", async () => {
  const { text } = await ask("Count (breaks off)", { model: "large@work", stream: true });
  const frames = [...text.matchAll(/^data: (\{.*)$/gm)].map(([, frame = "{}"]) => JSON.parse(frame));
  const said = frames.map(({ choices }) => choices?.[0]?.delta?.content ?? "").join("");
  expect(said).toBe("One two three four.");
  expect(text).toEndWith("data: [DONE]\n\n");
});

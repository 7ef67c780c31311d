import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { packPlugin } from "../guest-plugins.ts";
import { sending } from "../hostile/ungranted.ts";
import { type HttpFixture, startHttpFixture, writeHttpAnswer } from "../http-fixture.ts";
import { type ServeProcess, startServe } from "../serve-process.ts";
import { startUpstreamFixture, type UpstreamFixture } from "../upstream-fixture.ts";
import { waitUntil } from "../wait-until.ts";
import { type Json, post, readJson } from "./requests.ts";

setDefaultTimeout(120_000);

/** Everything that could send something away is configured, and is shown to do so where nobody forbids it. */
let server: ServeProcess;
let far: UpstreamFixture;
let away: UpstreamFixture;
let host: HttpFixture;

const question = "The secret of the kettle is limescale.";
const messages = [{ role: "user", content: question }];
const byHeader = { "x-hearth-privacy": "local" };
/** A plugin that asks a host, and a model elsewhere that rates the answer. */
const criteria = { preset: "none", judges: ["looks"], rubric: {}, judge_model: "big@far" };

beforeAll(async () => {
  far = await startUpstreamFixture();
  away = await startUpstreamFixture({ kind: "anthropic" });
  host = await startHttpFixture((_, connection) =>
    connection.end(writeHttpAnswer({ body: '{"verdict":"pass"}' })),
  );
  server = await startServe([
    ...["--upstream", `far=${far.url}`, "--upstream", `away=${away.url}`],
    ...["--route-local", "hearth-demo", "--route-remote", "big@far"],
    ...["--fallback", "hearth-demo=big@away", "--fallback", "big@far=big@away"],
    ...["--cache", "exact", "--interactions", "full"],
  ]);
  await addLookingJudge();
  await send("/v1/collections", { name: "mine", label: "local", embedding_model: "" });
  await send("/v1/collections", { name: "theirs", embedding_model: "small@far" });
  for (const name of ["mine", "theirs"]) {
    const documents = [{ source: "kettle.md", text: "The kettle gathers limescale; vinegar removes it." }];
    await send(`/v1/collections/${name}/documents`, { documents });
  }
  // Every answer of the local model is too unsure from now on.
  const examples = Array.from({ length: 20 }, () => ({ confidence: 0.999_9, ok: false }));
  await send("/v1/routes/calibrate", { model: "hearth-demo", examples, share: 1 });
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  for (const fixture of [far, away, host]) await fixture[Symbol.asyncDispose]();
});

/** A judge that looks something up elsewhere, as it was allowed to. */
async function addLookingJudge(): Promise<void> {
  const address = `127.0.0.1:${host.port}`;
  const manifest = { kind: "judge", name: "looks", version: "1.0.0" };
  const permissions = { http: { reason: "to look", hosts: [address] } };
  const module = packPlugin(sending(JSON.stringify({ url: `http://${address}/` })), {
    ...manifest,
    permissions,
  });
  const added = await fetch(`${server.url}/api/plugins`, { method: "POST", body: module });
  expect({ ok: added.ok, said: await added.text() }).toMatchObject({ ok: true });
  await send("/api/plugins/looks/grants", { grants: ["http", "privateNetwork"] });
}

async function send(path: string, body: Json, headers: Readonly<Record<string, string>> = {}) {
  const answer = await post(`${server.url}${path}`, body, headers);
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return await readJson<Json>(answer);
}

const countConnections = () => far.acceptedConnections + away.acceptedConnections + host.acceptedConnections;
const countCalls = () => far.calls.length + away.calls.length + host.requests.length;

/** Sends it as one that must stay here; whatever the status is, nobody was asked. */
async function sendPrivately(path: string, body: Json, headers: Readonly<Record<string, string>> = byHeader) {
  const before = [countConnections(), countCalls()];
  const answer = await post(`${server.url}${path}`, body, headers);
  await answer.text();
  expect({ path, went: [countConnections(), countCalls()] }).toEqual({ path, went: before });
  return answer;
}

type Wish = readonly [name: string, fields: Json, headers: Readonly<Record<string, string>>];

const wishes: readonly Wish[] = [
  ["its body", { privacy: "local" }, {}],
  ["a header", {}, byHeader],
  ["the label of a collection", { collections: ["mine"] }, {}],
  ["the label of one of its collections", { collections: ["theirs", "mine"] }, {}],
];

describe.each(wishes)("a chat that stays here by %s", (_, fields, headers) => {
  const chat = (model: string, more: Json = {}, hearth: Json = {}) =>
    sendPrivately(
      "/v1/chat/completions",
      { model, messages, max_tokens: 8, hearth: { ...fields, ...hearth }, ...more },
      headers,
    );

  test.each([false, true])("is answered by this machine's own model (streamed: %p)", async (stream) => {
    for (const model of ["hearth-demo", "auto"]) expect((await chat(model, { stream })).status).toBe(200);
    for (const model of ["big@far", "big@away"]) expect((await chat(model, { stream })).status).toBe(403);
    await chat("auto", { stream }, { route: "remote" });
  });

  test("is judged here alone, when it is made and when it comes from the cache", async () => {
    const isStored = async () => {
      const { status, headers: told } = await chat(
        "hearth-demo",
        { max_tokens: 200, temperature: 0 },
        { criteria },
      );
      expect(status).toBe(200);
      return told.get("x-hearth-cache")?.startsWith("exact") === true;
    };
    await waitUntil("the answer comes from the cache", isStored);
  });
});

test("the same chats go everywhere where nobody forbids it", async () => {
  const before = [far.generations.length, host.requests.length];
  const chat = (hearth: Json) =>
    send("/v1/chat/completions", { model: "auto", messages, max_tokens: 8, hearth });
  const { choices } = await chat({ criteria, collections: ["theirs"] });
  expect(JSON.stringify(choices)).toContain("Hello from big");
  expect(far.generations.length).toBeGreaterThan(before[0] ?? 0);
  expect(host.requests.length).toBeGreaterThan(before[1] ?? 0);
});

const kettle = [{ name: "kettle", prompt: question }];
/** Each route that could pass on what it is sent, and whether it has an answer without. */
const others: readonly (readonly [path: string, body: Json, status: number])[] = [
  ["/v1/completions", { model: "auto", prompt: question, max_tokens: 4 }, 200],
  ["/v1/completions", { model: "big@far", prompt: question }, 403],
  ["/api/chat", { model: "auto", messages, stream: false, options: { num_predict: 4 } }, 200],
  ["/api/chat", { model: "big@far", messages }, 403],
  ["/api/generate", { model: "auto", prompt: question, options: { num_predict: 4 } }, 200],
  ["/api/generate", { model: "big@away", prompt: question }, 403],
  ["/v1/embeddings", { model: "small@far", input: question }, 403],
  ["/api/embed", { model: "small@far", input: question }, 400],
  ["/api/embeddings", { model: "small@far", prompt: question }, 400],
  ["/v1/rerank", { model: "small@far", query: question, documents: ["a"] }, 400],
  ["/v1/collections/theirs/search", { query: question }, 200],
  ["/v1/collections/theirs/search", { query: question, rerank_model: "big@far" }, 400],
  ["/v1/vector_stores/theirs/search", { query: question }, 200],
  ["/v1/augment", { query: question, agent_type: "local" }, 200],
  ["/v1/judge", { prompt: question, response: "Vinegar.", criteria }, 200],
  ["/v1/judge", { prompt: question, model: "auto", max_tokens: 4, criteria }, 200],
  ["/v1/judge", { prompt: question, model: "big@far" }, 403],
  ["/v1/judge/probe", { model: "big@far" }, 200],
  [
    "/v1/judge/runs",
    { model: "hearth-demo", judge_model: "big@far", suite: { name: "k", cases: kettle } },
    200,
  ],
  ["/v1/coordination/runs", { task: question, model: "auto", num_agents: 2 }, 200],
  ["/v1/trajectory", { model: "auto", prompt: question, max_new_tokens: 4 }, 200],
  ["/api/plugins/looks/call", { input: { response: question } }, 502],
];

test.each([
  ["/v1/embeddings", { input: question }],
  ["/v1/completions", { prompt: question, max_tokens: 4 }],
  ["/api/generate", { prompt: question }],
  ["/api/chat", { messages }],
])("%s heeds what its own body says", async (path, fields) => {
  const body = { model: "big@far", ...fields, hearth: { privacy: "local" } };
  expect((await sendPrivately(path, body, {})).status).toBe(403);
});

test.each(others)("%s asks nobody else: %j", async (path, body, status) => {
  expect((await sendPrivately(path, body)).status).toBe(status);
});

test("what is learnt of it, and a data set of all, stays here too", async () => {
  const before = [countConnections(), countCalls()];
  const body = { model: "hearth-demo", messages, max_tokens: 8, hearth: { consent: true } };
  const answer = await post(`${server.url}/v1/chat/completions`, body, byHeader);
  const { id } = await readJson<{ readonly id: string }>(answer);
  const scored = await send(`/v1/interactions/${id}/outcome`, { outcome: "success", feedback: 1 });
  expect(scored).toMatchObject({ status: "recorded", pattern: "none" });
  await send("/v1/datasets", { min_value: 0 });
  await waitUntil("the interaction is there", async () =>
    (await (await fetch(`${server.url}/v1/interactions`)).text()).includes(id),
  );
  expect([countConnections(), countCalls()]).toEqual(before);
});

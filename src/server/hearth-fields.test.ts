import { expect, test } from "bun:test";
import type { Judges } from "../judges/index.ts";
import { createFakeEngine, createServerRecords } from "../testing/index.ts";
import { createServerApp } from "./app.ts";
import { fromHearthFields } from "./hearth-fields.ts";

/** Judges that say of every answer what they were asked to judge by. */
const watch: Judges["watch"] = async (request) => ({
  request,
  take: (event) => event,
  judge: async () => [
    { type: "judged", choice: 0, judgement: { verdict: "pass", asked: request.judging?.criteria ?? null } },
  ],
});

function post(path: string, body: object) {
  const judges = async () => ({ watch }) as unknown as Judges;
  const records = createServerRecords({ engine: createFakeEngine(), judges });
  const headers = { "content-type": "application/json" };
  const messages = [{ role: "user", content: "hi" }];
  return createServerApp(records.deps).request(path, {
    ...{ method: "POST", headers },
    body: JSON.stringify({ model: "fake-model", messages, ...body }),
  });
}

const asked = { preset: "none", judges: [{ plugin: "grounding" }] };
const hearth = { verdict: "pass", asked };

test("OpenAI's answer carries the verdict in its choice", async () => {
  const response = await post("/v1/chat/completions", { hearth: { judges: ["grounding"] } });
  expect(await response.json()).toMatchObject({ choices: [{ hearth: { judgement: hearth } }] });
});

test("OpenAI's stream tells it in its last chunk before the end", async () => {
  const response = await post("/v1/chat/completions", { stream: true, hearth: { judges: ["grounding"] } });
  const frames = (await response.text()).trim().split("\n\n");
  expect(frames.at(-1)).toBe("data: [DONE]");
  const last = JSON.parse((frames.at(-2) ?? "").slice("data: ".length));
  expect(last).toMatchObject({
    object: "chat.completion.chunk",
    choices: [{ index: 0, delta: {}, finish_reason: null, hearth: { judgement: hearth } }],
  });
});

test.each([true, false])("Ollama's last object carries it, streamed: %p", async (stream) => {
  const response = await post("/api/chat", { stream, hearth: { judges: ["grounding"] } });
  const last = (await response.text()).trim().split("\n").at(-1) ?? "";
  expect(JSON.parse(last)).toMatchObject({ done: true, hearth: { judgement: hearth } });
});

test("an answer without the field is as it always was", async () => {
  const response = await post("/v1/chat/completions", {});
  expect(await response.text()).not.toContain("hearth");
});

test.each([{ judge: ["grounding"] }, { judges: "grounding" }, { trajectory: "yes" }])(
  "the field %j is refused with its name",
  async (field) => {
    const response = await post("/v1/chat/completions", { hearth: field });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain("hearth");
  },
);

test.each([
  [{ judges: [7] }, "hearth.judges[0]: expected a judge's name, or {plugin"],
  [{ context: {} }, "hearth.context: expected a text, or a list of texts"],
])("the field %j is refused saying what is expected", async (field, message) => {
  const response = await post("/v1/chat/completions", { hearth: field });
  expect(await response.json()).toMatchObject({ error: { message: expect.stringContaining(message) } });
});

test("judges alone judge alone, and criteria bring the built-in ones", () => {
  expect(
    fromHearthFields({ hearth: { judges: ["a", { plugin: "b", weight: 2 }] } }).judging?.criteria,
  ).toEqual({
    preset: "none",
    judges: [{ plugin: "a" }, { plugin: "b", weight: 2 }],
  });
  expect(fromHearthFields({ hearth: { criteria: { min_response_length: 1 } } }).judging?.criteria).toEqual({
    min_response_length: 1,
  });
  expect(fromHearthFields({ hearth: { trajectory: true } }).judging).toEqual({ trajectory: true });
});

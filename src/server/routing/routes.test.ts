import { expect, test } from "bun:test";
import { openDatabase } from "../../store/index.ts";
import {
  createFakeCoordinator,
  createFakeEngine,
  createFakeLibrary,
  createServerRecords,
  createTemporaryFolder,
} from "../../testing/index.ts";
import { createServerApp } from "../app.ts";

async function openApp(
  keys: { readonly apiKeys?: readonly string[]; readonly adminKeys?: readonly string[] } = {},
) {
  const folder = createTemporaryFolder();
  const database = await openDatabase(folder.file("hearth.db"));
  const engine = createFakeEngine();
  const library = createFakeLibrary({ names: ["fake-model"] });
  const coordinator = createFakeCoordinator({ engine, library, database: async () => database });
  const records = createServerRecords({
    ...{ engine, library, coordinator, ...keys },
    record: (record) => coordinator.observe(record),
  });
  const app = createServerApp(records.deps);
  return {
    async send(method: string, url: string, body?: object, key = "") {
      const response = await app.request(url, {
        method,
        headers: {
          "content-type": "application/json",
          ...(key !== "" && { authorization: `Bearer ${key}` }),
        },
        ...(body && { body: JSON.stringify(body) }),
      });
      return { status: response.status, headers: response.headers, body: JSON.parse(await response.text()) };
    },
    async [Symbol.asyncDispose]() {
      await coordinator.close();
      await database.close();
      folder[Symbol.dispose]();
    },
  };
}

const chat = { model: "fake-model", messages: [{ role: "user", content: "hello" }] };

test("an answer's id leads to its receipt, which no other key sees", async () => {
  await using app = await openApp({ apiKeys: ["one", "two"] });
  const answered = await app.send("POST", "/v1/chat/completions", chat, "one");
  expect(answered.headers.get("x-hearth-route")).toBe("local; rule=named; model=fake-model");
  const path = `/v1/routes/${answered.body.id}`;
  expect(await app.send("GET", path, undefined, "one")).toMatchObject({
    status: 200,
    body: { object: "route", kind: "local", rule: "named", answered_by: "fake-model", outcome: "finished" },
  });
  expect((await app.send("GET", path, undefined, "two")).status).toBe(404);
  expect((await app.send("GET", "/v1/routes", undefined, "one")).body.data).toHaveLength(1);
  expect((await app.send("GET", "/v1/routes", undefined, "two")).body.data).toEqual([]);
  expect((await app.send("POST", `${path}/replay`, {}, "two")).status).toBe(404);
});

test("what is listed is limited and told apart", async () => {
  await using app = await openApp();
  for (let index = 0; index < 3; index++) await app.send("POST", "/v1/chat/completions", chat);
  expect((await app.send("GET", "/v1/routes?limit=2&kind=local")).body.data).toHaveLength(2);
  expect((await app.send("GET", "/v1/routes?rule=fallback")).body.data).toEqual([]);
  for (const wrong of ["limit=0", "limit=x", "kind=near"])
    expect((await app.send("GET", `/v1/routes?${wrong}`)).status).toBe(400);
});

test("a bar is set by an administrator alone", async () => {
  await using app = await openApp({ apiKeys: ["one"], adminKeys: ["boss"] });
  const examples = Array.from({ length: 20 }, (_, index) => ({ confidence: index / 20, ok: index >= 10 }));
  const body = { model: "fake-model", examples, quality: 1 };
  expect((await app.send("POST", "/v1/routes/calibrate", body, "one")).status).toBe(403);
  expect(await app.send("POST", "/v1/routes/calibrate", body, "boss")).toMatchObject({
    status: 200,
    body: { object: "route.calibration", chosen: { bar: 0.475, remote_share: 0.5 } },
  });
  expect((await app.send("GET", "/v1/routes/bars", undefined, "one")).body.data).toMatchObject([
    { model: "fake-model", bar: 0.475 },
  ]);
});

test.each([
  [{ examples: [{ ok: true }] }, "examples[0]"],
  [{ examples: [], share: 2 }, "share"],
  [{ examples: [], share: 0.5, quality: 0.5 }, "share"],
  [{ examples: [], wrong: 1 }, "wrong"],
])("%j is refused by its field", async (fields, name) => {
  await using app = await openApp();
  const { status, body } = await app.send("POST", "/v1/routes/calibrate", { model: "fake-model", ...fields });
  expect(status).toBe(400);
  expect(body.error.message).toContain(name);
});

test("an answer that no policy decided about cannot be replayed", async () => {
  await using app = await openApp();
  const { body } = await app.send("POST", "/v1/chat/completions", chat);
  expect((await app.send("POST", `/v1/routes/${body.id}/replay`, { policy: "other" })).status).toBe(409);
});

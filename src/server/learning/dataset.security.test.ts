import { expect, test } from "bun:test";
import { createPlugins, silentObserver } from "../../plugin-host/index.ts";
import { systemClock } from "../../resilience/index.ts";
import { openHomeDatabase } from "../../store/index.ts";
import {
  createFakeCoordinator,
  createFakeEngine,
  createFakeLibrary,
  createServerRecords,
  createTemporaryFolder,
  quietSettings,
  waitUntil,
} from "../../testing/index.ts";
import { createServerApp } from "../app.ts";

type Wire = Readonly<Record<string, unknown>>;
const keys = ["alice-key-0123456789", "bob-key-0123456789"] as const;
const [alice, bob] = keys;

async function openApp() {
  const folder = createTemporaryFolder();
  const database = await openHomeDatabase(folder.path);
  const plugins = createPlugins({
    ...{ home: folder.path, trustedKeys: [], requireSigned: false, readVariable: () => undefined },
    ...{ observer: silentObserver, clock: systemClock, now: Date.now },
  });
  const engine = createFakeEngine();
  const library = createFakeLibrary({ names: ["fake-model"] });
  const coordinator = createFakeCoordinator({
    ...{ engine, library, plugins: async () => plugins, database: async () => database },
    settings: { ...quietSettings, interactions: "full" },
  });
  const { deps } = createServerRecords({ engine, library, coordinator, apiKeys: keys });
  const app = createServerApp(deps);
  const ask = async (method: string, path: string, key: string, body?: object) =>
    await app.request(path, {
      method,
      headers: { "content-type": "application/json", "x-api-key": key },
      ...(body && { body: JSON.stringify(body) }),
    });
  return {
    ask,
    /** An answer of this key's that was reported, consented to and a success. */
    async report(key: string, query: string) {
      const told = { query, response: `about ${query}`, agent_type: "local", model_used: "m", consent: true };
      const { interaction_id: id } = (await (
        await ask("POST", "/v1/interactions", key, told)
      ).json()) as Wire;
      const change = database.kysely
        .updateTable("interaction")
        .set({ outcome: "success", value: 0.9 })
        .where("id", "=", String(id));
      await waitUntil(
        "the report is stored",
        async () => (await change.executeTakeFirst()).numUpdatedRows === 1n,
      );
    },
    async [Symbol.asyncDispose]() {
      await coordinator.close();
      await plugins.close();
      await database.close();
      folder[Symbol.dispose]();
    },
  };
}

async function exportOf(app: Awaited<ReturnType<typeof openApp>>, key: string): Promise<Wire> {
  const answer = await app.ask("POST", "/v1/datasets", key, { validation: 0 });
  expect(answer.status).toBe(201);
  return (await answer.json()) as Wire;
}

test("a key's export has its own interactions alone, and can be read and removed", async () => {
  await using app = await openApp();
  await app.report(alice, "zebras");
  await app.report(bob, "secrets");
  const made = await exportOf(app, alice);
  expect(made).toMatchObject({ considered: 1, rows: { train: 1, validation: 0 } });
  const path = `/v1/datasets/${String(made.id)}`;
  expect(await (await app.ask("GET", path, alice)).json()).toEqual(made);
  const rows = await (await app.ask("GET", `${path}/files/train-0001.jsonl`, alice)).text();
  expect(rows).toContain("about zebras");
  expect(rows).not.toContain("secrets");
  expect((await app.ask("DELETE", path, alice)).status).toBe(200);
  expect((await app.ask("GET", path, alice)).status).toBe(404);
});

test("another key neither sees it nor removes it", async () => {
  await using app = await openApp();
  await app.report(alice, "zebras");
  const path = `/v1/datasets/${String((await exportOf(app, alice)).id)}`;
  for (const [method, tried] of [
    ["GET", path],
    ["GET", `${path}/files/train-0001.jsonl`],
    ["DELETE", path],
  ] as const)
    expect((await app.ask(method, tried, bob)).status).toBe(404);
  expect((await app.ask("GET", path, alice)).status).toBe(200);
});

test.each(["manifest.json", "..%2f..%2fhearth.db", "%2e%2e", "train-0002.jsonl", "train-0001.jsonl%00"])(
  "%s is no file of a data set",
  async (name) => {
    await using app = await openApp();
    await app.report(alice, "zebras");
    const { id } = await exportOf(app, alice);
    const answer = await app.ask("GET", `/v1/datasets/${String(id)}/files/${name}`, alice);
    expect(answer.status).toBe(404);
  },
);

test.each(["..", "%2e%2e%2f..", "dataset-zz", "dataset-000000000000000000000000"])(
  "%s is no data set",
  async (id) => {
    await using app = await openApp();
    expect((await app.ask("GET", `/v1/datasets/${id}`, alice)).status).toBe(404);
    expect((await app.ask("DELETE", `/v1/datasets/${id}`, alice)).status).toBe(404);
  },
);

test("nothing to export is told with its reasons and keeps nothing", async () => {
  await using app = await openApp();
  const answer = await app.ask("POST", "/v1/datasets", alice, {});
  expect(answer.status).toBe(200);
  expect(await answer.json()).toMatchObject({ id: null, considered: 0, files: [] });
});

test.each([
  [{ min_value: 3 }, "min_value"],
  [{ folder: "/tmp/x" }, "folder"],
  [{ format: "csv" }, "format"],
])("%j is refused by the name of its field", async (body, field) => {
  await using app = await openApp();
  const answer = await app.ask("POST", "/v1/datasets", alice, body);
  expect(answer.status).toBe(400);
  expect(((await answer.json()) as { error: Wire }).error.message).toContain(field);
});

test("a key that keeps twenty has to remove one first", async () => {
  await using app = await openApp();
  await app.report(alice, "zebras");
  for (let made = 0; made < 20; made++) await exportOf(app, alice);
  const answer = await app.ask("POST", "/v1/datasets", alice, {});
  expect(answer.status).toBe(409);
  expect(await answer.text()).toMatch(/DELETE \/v1\/datasets\/dataset-[0-9a-f]{24}/);
});

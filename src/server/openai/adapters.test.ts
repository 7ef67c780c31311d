import { expect, test } from "bun:test";
import { createFakeLibrary, createFakeRecord, createServerRecords } from "../../testing/index.ts";
import { createServerApp } from "../app.ts";

test("adapters are listed for themselves and are no models", async () => {
  const layers = [{ role: "adapter" as const, bytes: 10, path: "/blobs/style" }];
  const library = createFakeLibrary({ names: ["tiny"], records: [createFakeRecord("style", { layers })] });
  const app = createServerApp(createServerRecords({ library }).deps);
  const adapters = await (await app.request("/lora-adapters")).json();
  expect(adapters).toEqual([{ name: "style", architecture: "fake" }]);
  const { models } = (await (await app.request("/api/tags")).json()) as { models: { name: string }[] };
  expect(models.map(({ name }) => name)).toEqual(["tiny"]);
});

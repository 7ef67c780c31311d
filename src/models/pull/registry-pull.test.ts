import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { createBytes, digestOf } from "../../testing/registry/registry-server.ts";
import { createPullSetup, modelType } from "./pull-setup.fixture.ts";

const text = (content: string) => new TextEncoder().encode(content);
const layer = (kind: string, bytes: Uint8Array) => ({
  mediaType: `application/vnd.ollama.image.${kind}`,
  bytes,
});

test("a model is pulled with all its layers, texts and config, each under its digest", async () => {
  using setup = createPullSetup();
  const weights = createBytes(100_000);
  const [digest = ""] = setup.server.addModel("library/tiny:1b", [
    layer("model", weights),
    layer("template", text("{{ .Prompt }}")),
    layer("params", text('{"stop":["x"]}')),
    layer("license", text("MIT")),
    layer("system", text("Be kind.")),
    layer("messages", text("[]")),
  ]);
  const { model } = await setup.pull("tiny:1b");
  expect(model.name).toBe("tiny:1b");
  expect(model.layers.map(({ role }) => role)).toEqual([
    "model",
    "template",
    "parameters",
    "license",
    "system",
    "messages",
    "config",
  ]);
  expect(model.layers[0]).toEqual({ role: "model", digest, bytes: weights.byteLength });
  expect(readFileSync(setup.blobs.pathOf(digest)).equals(weights)).toBe(true);
  const texts = model.texts.map(({ role, bytes }) => [role, new TextDecoder().decode(bytes)]);
  expect(texts[0]).toEqual(["template", "{{ .Prompt }}"]);
  expect(texts.at(-1)).toEqual(["config", '{"model_format":"gguf"}']);
});

test("progress begins, grows and ends at the size of the blob", async () => {
  using setup = createPullSetup();
  const [digest] = setup.server.addModel("library/tiny", [layer("model", createBytes(5_000_000))]);
  const { events } = await setup.pull("tiny");
  const completed = events.flatMap((event) =>
    event.type === "progress" && event.digest === digest ? [event.completed] : [],
  );
  expect(completed).toEqual(completed.toSorted((a, b) => a - b));
  expect(completed.at(-1)).toBe(5_000_000);
  expect(events[0]).toEqual({ type: "status", status: "pulling manifest" });
});

test("what is there already is not fetched again", async () => {
  using setup = createPullSetup();
  const [digest = ""] = setup.server.addModel("library/tiny", [layer("model", createBytes(1000))]);
  await setup.pull("tiny");
  await setup.pull("tiny");
  expect(setup.server.sent.total(digest)).toBe(1000);
});

test("a layer of a kind that is not known is an error that names it", async () => {
  using setup = createPullSetup();
  setup.server.addModel("library/tiny", [layer("model", createBytes(10)), layer("tensor", createBytes(10))]);
  await expect(setup.pull("tiny")).rejects.toThrow("application/vnd.ollama.image.tensor");
});

test("a registry that asks for an anonymous token gets one", async () => {
  using setup = createPullSetup();
  setup.server.addModel("library/tiny", [layer("model", createBytes(10_000))]);
  setup.server.requireToken("anonymous-token", { anonymous: true });
  await setup.pull("tiny");
  const realm = setup.server.requests.filter(({ path }) => path === "/token");
  expect(realm.length).toBe(1);
  expect(realm[0]?.query).toBe("service=fixture&scope=repository%3Apull");
});

test.each([
  ["nothing:here", 404, "model_not_found", "check its name and tag"],
  ["private", 401, "forbidden", "pull a public model"],
  ["private", 403, "forbidden", "pull a public model"],
])("%s with a %d says what to do", async (name, status, code, hint) => {
  using setup = createPullSetup();
  setup.server.misbehave({ how: { kind: "status", status } });
  await expect(setup.pull(name)).rejects.toMatchObject({ code, message: expect.stringContaining(hint) });
});

test("a registry on another host is asked by its own name", async () => {
  using setup = createPullSetup({ registry: "http://127.0.0.1:1" });
  const { host } = new URL(setup.server.url);
  setup.server.addModel("mike/tiny", [layer("model", createBytes(10))]);
  const { model } = await setup.pull(`${host}/mike/tiny`);
  expect(model.name).toBe(`${host}/mike/tiny:latest`);
});

test("a blob that two layers share is fetched once", async () => {
  using setup = createPullSetup();
  const bytes = createBytes(1000);
  setup.server.addModel("library/tiny", [layer("model", bytes), layer("adapter", bytes)]);
  const { model } = await setup.pull("tiny");
  expect(model.layers.slice(0, 2).map(({ digest }) => digest)).toEqual([digestOf(bytes), digestOf(bytes)]);
  expect(setup.server.sent.total(digestOf(bytes))).toBe(1000);
});

test("an empty layer is a layer", async () => {
  using setup = createPullSetup();
  setup.server.addModel("library/tiny", [layer("model", createBytes(10)), layer("system", text(""))]);
  const { model } = await setup.pull("tiny");
  expect(model.texts[0]?.bytes.byteLength).toBe(0);
});

test.each([
  ["no layers", { schemaVersion: 2, layers: [] }],
  ["a list of manifests", { schemaVersion: 2, manifests: [] }],
  [
    "a digest that is a path",
    { schemaVersion: 2, layers: [{ mediaType: modelType, digest: "../../x", size: 1 }] },
  ],
  [
    "a negative size",
    { schemaVersion: 2, layers: [{ mediaType: modelType, digest: digestOf(createBytes(1)), size: -1 }] },
  ],
])("a manifest with %s is refused", async (_, manifest) => {
  using setup = createPullSetup();
  setup.server.addManifest("library/tiny", JSON.stringify(manifest));
  await expect(setup.pull("tiny")).rejects.toMatchObject({ code: "download_failed" });
});

test("a manifest that is no JSON is refused", async () => {
  using setup = createPullSetup();
  setup.server.addManifest("library/tiny", "<html>");
  await expect(setup.pull("tiny")).rejects.toThrow("is no JSON");
});

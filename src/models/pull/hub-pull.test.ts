import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { createBytes, digestOf } from "../../testing/registry/registry-server.ts";
import { createPullSetup, statusesOf } from "./pull-setup.fixture.ts";

const weights = createBytes(300_000);
const projector = createBytes(50_000, 2);
const repository = {
  "README.md": { bytes: createBytes(10), isPlain: true },
  "m-F16.gguf": { bytes: createBytes(10) },
  "m-Q4_K_M.gguf": { bytes: weights },
  "m-Q8_0.gguf": { bytes: createBytes(20) },
  "mmproj-F16.gguf": { bytes: projector },
  params: { bytes: new TextEncoder().encode('{"temperature":0.5}'), isPlain: true },
};

test("the wanted quantisation comes with its projector and settings, each verified", async () => {
  using setup = createPullSetup();
  setup.server.addRepository("org/repo", repository);
  const { model } = await setup.pull("hf.co/org/repo:q4_k_m");
  expect(model.name).toBe("hf.co/org/repo:Q4_K_M");
  expect(model.origin).toBe(`hf.co/org/repo@${"c0ffee".padEnd(40, "0")}:Q4_K_M`);
  expect(model.layers.map(({ role, digest }) => [role, digest])).toEqual([
    ["model", digestOf(weights)],
    ["projector", digestOf(projector)],
    ["parameters", digestOf(repository.params.bytes)],
  ]);
  expect(readFileSync(setup.blobs.pathOf(digestOf(weights))).equals(weights)).toBe(true);
  expect(new TextDecoder().decode(model.texts[0]?.bytes)).toBe('{"temperature":0.5}');
});

test("all parts of a split model come, in order", async () => {
  using setup = createPullSetup();
  const parts = [1, 2, 3].map((seed) => createBytes(10_000, seed));
  setup.server.addRepository(
    "org/repo",
    Object.fromEntries(parts.map((bytes, index) => [`m-Q8_0-0000${index + 1}-of-00003.gguf`, { bytes }])),
  );
  const { model } = await setup.pull("hf.co/org/repo");
  expect(model.layers.map(({ digest }) => digest)).toEqual(parts.map(digestOf));
});

test("a file without a digest at the source is taken, its own recorded, and that is said", async () => {
  using setup = createPullSetup();
  const bytes = createBytes(1000);
  setup.server.addRepository("org/repo", { "tiny.gguf": { bytes, isPlain: true } });
  const { model, events } = await setup.pull("hf.co/org/repo/tiny.gguf");
  expect(model.layers[0]?.digest).toBe(digestOf(bytes));
  expect(await setup.blobs.size(digestOf(bytes))).toBe(1000);
  expect(statusesOf(events)).toContain("tiny.gguf: no digest at the source, only its length can be checked");
});

test("other bytes than the listed digest are refused", async () => {
  using setup = createPullSetup();
  setup.server.addRepository("org/repo", repository);
  setup.server.misbehave({ path: "/resolve/", how: { kind: "corrupt", fileByte: 1 } });
  await expect(setup.pull("hf.co/org/repo:Q4_K_M")).rejects.toMatchObject({ code: "model_corrupted" });
});

test("the token goes to the endpoint", async () => {
  const token = "hf_secret";
  using server = createPullSetup();
  using setup = createPullSetup({ huggingFace: { endpoint: server.server.url, token } });
  server.server.addRepository("org/repo", { "m.gguf": { bytes: createBytes(10) } });
  server.server.requireToken(token);
  const { model } = await setup.pull("hf.co/org/repo");
  expect(model.layers.length).toBe(1);
});

test.each([
  [404, "RepoNotFound", undefined, "model_not_found", "no repository for hf.co/org/repo:latest"],
  [404, "RevisionNotFound", undefined, "model_not_found", "no such revision"],
  [401, "RepoNotFound", undefined, "forbidden", "set HF_TOKEN if it is private"],
  [401, "", "hf_old", "forbidden", "check HF_TOKEN"],
  [403, "GatedRepo", undefined, "forbidden", "and set HF_TOKEN"],
  [403, "GatedRepo", "hf_mine", "forbidden", "check that HF_TOKEN belongs to that account"],
])("status %d %s with the token %p says what to do", async (status, reason, token, code, hint) => {
  using fixture = createPullSetup();
  const endpoint = fixture.server.url;
  using setup = createPullSetup({ huggingFace: { endpoint, ...(token === undefined ? {} : { token }) } });
  fixture.server.misbehave({ how: { kind: "status", status, headers: { "x-error-code": reason } } });
  await expect(setup.pull("hf.co/org/repo")).rejects.toMatchObject({
    code,
    message: expect.stringContaining(hint),
  });
});

test("a gated file says where to accept the licence", async () => {
  using setup = createPullSetup();
  setup.server.addRepository("org/repo", repository);
  setup.server.misbehave({
    path: "/resolve/",
    how: { kind: "status", status: 403, headers: { "x-error-code": "GatedRepo" } },
  });
  await expect(setup.pull("hf.co/org/repo")).rejects.toThrow(
    `accept its licence at ${setup.server.url}/org/repo`,
  );
});

import { expect, test } from "bun:test";
import { existsSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createTemporaryFolder } from "../../testing/index.ts";
import type { VerifyResult } from "../library.ts";
import { openStores } from "./open-stores.fixture.ts";
import { someSummary } from "./record.fixture.ts";

const { signal } = new AbortController();
const stress = join(import.meta.dir, "stress.fixture.ts");

async function collect(results: AsyncIterable<VerifyResult>): Promise<readonly VerifyResult[]> {
  const all: VerifyResult[] = [];
  for await (const result of results) all.push(result);
  return all.sort((a, b) => a.digest.localeCompare(b.digest));
}

function listBlobFiles(folder: string): readonly string[] {
  return readdirSync(folder).filter((name) => name.startsWith("sha256-"));
}

/** Leaves the stream open, so that the writer goes on. */
async function readLines(stream: ReadableStream<Uint8Array>, count: number): Promise<void> {
  const reader = stream.getReader();
  for (let seen = 0; seen < count; ) {
    const { value, done } = await reader.read();
    if (done) return;
    seen += value.filter((byte) => byte === 0x0a).length;
  }
}

test("a model comes back as it was put, by name and in the list", async () => {
  using folder = createTemporaryFolder();
  let now = 1000;
  await using stores = await openStores(folder.path, () => now);
  const { store, blobs, addBlob } = stores;
  const weights = await addBlob("weights");
  const template = { ...(await addBlob("{{ .Prompt }}")), role: "template" } as const;
  const settings = {
    system: "be brief",
    parameters: { temperature: 0.5, stop: ["a", "b"] },
    licenses: ["MIT"],
  };
  const request = {
    source: "pulled",
    origin: "registry.ollama.ai/x",
    settings,
    summary: someSummary,
  } as const;
  const record = await store.put({ name: "x:latest", ...request, layers: [weights, template] });
  const pathOf = ({ digest }: { digest: string }) => blobs.pathOf(digest);
  expect(record).toEqual({
    name: "x:latest",
    ...request,
    digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
    layers: [
      { ...weights, path: pathOf(weights) },
      { ...template, path: pathOf(template) },
    ],
    createdAtMs: 1000,
    modifiedAtMs: 1000,
    uses: 0,
  });
  now = 2000;
  await stores.add("a:latest", "other");
  expect((await store.list()).map(({ name }) => name)).toEqual(["a:latest", "x:latest"]);
  expect(await store.find("x:latest")).toEqual(record);
  expect(await store.find("x")).toBeUndefined();
});

test("models of equal content have equal digests, others have not", async () => {
  using folder = createTemporaryFolder();
  await using stores = await openStores(folder.path);
  await stores.add("a", "weights");
  await stores.add("b", "weights");
  await stores.add("c", "weights", "more");
  const digests = (await stores.store.list()).map(({ digest }) => digest);
  expect(new Set(digests).size).toBe(2);
  expect(digests[0]).toBe(digests[1] ?? "");
});

test("a name that is put again keeps when it was made, and frees what it stood for", async () => {
  using folder = createTemporaryFolder();
  let now = 1000;
  await using stores = await openStores(folder.path, () => now);
  await stores.add("a", "old", "both");
  now = 2000;
  await stores.add("a", "new", "both");
  expect(await stores.store.find("a")).toMatchObject({ createdAtMs: 1000, modifiedAtMs: 2000 });
  const texts = listBlobFiles(stores.blobs.folder).map((name) =>
    Bun.file(join(stores.blobs.folder, name)).text(),
  );
  expect((await Promise.all(texts)).sort()).toEqual(["both", "new"]);
});

test("a model whose blob is not there, or has another size, gets no name", async () => {
  using folder = createTemporaryFolder();
  await using stores = await openStores(folder.path);
  const layer = await stores.addBlob("weights");
  const missing = { ...layer, digest: `sha256:${"0".repeat(64)}` };
  await expect(stores.put({ name: "a", layers: [missing] })).rejects.toMatchObject({ code: "not_found" });
  const wrong = { ...layer, bytes: 8 };
  await expect(stores.put({ name: "a", layers: [wrong] })).rejects.toMatchObject({ code: "model_corrupted" });
  expect(await stores.store.list()).toEqual([]);
});

test("a layer needs a digest or an absolute path", async () => {
  using folder = createTemporaryFolder();
  await using stores = await openStores(folder.path);
  for (const layer of [
    { role: "model", bytes: 1 },
    { role: "model", bytes: 1, path: "relative.gguf" },
    { role: "model", bytes: -1, path: "/a.gguf" },
    { role: "model", bytes: 1, digest: "sha256:../x" },
  ] as const) {
    await expect(stores.put({ name: "a", layers: [layer] })).rejects.toMatchObject({
      code: "invalid_request",
    });
  }
});

test("a model in place keeps its path, needs no blob, and its file survives removal", async () => {
  using folder = createTemporaryFolder();
  await using stores = await openStores(folder.file("home"));
  const path = folder.file("model.gguf");
  writeFileSync(path, "weights");
  await stores.put({ name: "a", source: "file", layers: [{ role: "model", bytes: 7, path }] });
  expect((await stores.store.find("a"))?.layers).toEqual([{ role: "model", bytes: 7, path }]);
  expect(await stores.store.remove("a")).toEqual({ freedBytes: 0, removedBlobs: 0 });
  expect(existsSync(path)).toBe(true);
});

test("the layers of a record can be put under another name as they are", async () => {
  using folder = createTemporaryFolder();
  await using stores = await openStores(folder.path);
  await stores.add("a", "weights");
  const layers = (await stores.store.find("a"))?.layers ?? [];
  await stores.put({ name: "b", layers, settings: { system: "be brief" } });
  await stores.store.remove("a");
  expect((await stores.store.find("b"))?.layers).toEqual(layers);
  expect(listBlobFiles(stores.blobs.folder)).toHaveLength(1);
});

test("a home that was moved finds its blobs", async () => {
  using folder = createTemporaryFolder();
  {
    await using stores = await openStores(folder.file("before"));
    await stores.add("a", "weights");
  }
  Bun.spawnSync(["mv", folder.file("before"), folder.file("after")]);
  await using stores = await openStores(folder.file("after"));
  const path = (await stores.store.find("a"))?.layers[0]?.path ?? "";
  expect(path.startsWith(folder.file("after"))).toBe(true);
  expect(await Bun.file(path).text()).toBe("weights");
});

test("a copy shares everything; removing one of two names frees nothing shared", async () => {
  using folder = createTemporaryFolder();
  await using stores = await openStores(folder.path);
  await stores.add("a", "weights", "both");
  await stores.store.copy("a", "b");
  await stores.add("c", "alone", "both");
  expect(await stores.store.remove("a")).toEqual({ freedBytes: 0, removedBlobs: 0 });
  expect(await stores.store.remove("b")).toEqual({ freedBytes: 7, removedBlobs: 1 });
  expect(await stores.store.remove("c")).toEqual({ freedBytes: 9, removedBlobs: 2 });
  expect(listBlobFiles(stores.blobs.folder)).toEqual([]);
});

test("copying over a name frees what it stood for, and onto itself changes nothing", async () => {
  using folder = createTemporaryFolder();
  await using stores = await openStores(folder.path);
  await stores.add("a", "weights");
  await stores.add("b", "other");
  await stores.store.copy("a", "b");
  await stores.store.copy("a", "a");
  expect((await stores.store.list()).map(({ layers }) => layers[0]?.bytes)).toEqual([7, 7]);
  expect(listBlobFiles(stores.blobs.folder)).toHaveLength(1);
});

test("an unknown name is model_not_found to remove, to copy and to verify", async () => {
  using folder = createTemporaryFolder();
  await using stores = await openStores(folder.path);
  const code = "model_not_found";
  await expect(stores.store.remove("a")).rejects.toMatchObject({ code });
  await expect(stores.store.copy("a", "b")).rejects.toMatchObject({ code });
  await expect(collect(stores.store.verify(["a"], { signal }))).rejects.toMatchObject({ code });
});

test("what somebody holds is not freed with its name, but by gc afterwards", async () => {
  using folder = createTemporaryFolder();
  await using stores = await openStores(folder.path);
  await stores.add("a", "weights");
  const digest = (await stores.store.find("a"))?.layers[0]?.digest ?? "";
  {
    await using _ = await stores.blobs.hold([digest]);
    expect(await stores.store.remove("a")).toEqual({ freedBytes: 0, removedBlobs: 0 });
    expect(await stores.store.collectGarbage({ all: true })).toEqual({ freedBytes: 0, removedBlobs: 0 });
  }
  expect(await stores.store.collectGarbage({ all: false })).toEqual({ freedBytes: 7, removedBlobs: 1 });
});

test("gc frees orphans and parts of last week, and with `all` every part; nothing else", async () => {
  using folder = createTemporaryFolder();
  await using stores = await openStores(folder.path);
  await stores.add("a", "weights");
  writeFileSync(stores.blobs.pathOf(`sha256:${"1".repeat(64)}`), "orphan");
  const [old = "", young = ""] = ["2", "3"].map((digit) => `sha256:${digit.repeat(64)}`);
  for (const digest of [old, young]) {
    await using part = await stores.blobs.openPart(digest, signal);
    await part?.write(0, new Uint8Array(4096));
    await part?.checkpoint([[0, 4096]]);
  }
  const lastWeek = new Date(Date.now() - 8 * 24 * 3_600_000);
  utimesSync(`${stores.blobs.pathOf(old)}.part`, lastWeek, lastWeek);
  const freed = await stores.store.collectGarbage({ all: false });
  expect(freed).toEqual({ freedBytes: 6 + 4096, removedBlobs: 2 });
  expect(existsSync(`${stores.blobs.pathOf(young)}.part`)).toBe(true);
  const all = await stores.store.collectGarbage({ all: true });
  expect(all).toEqual({ freedBytes: 4096, removedBlobs: 1 });
  expect((await collect(stores.store.verify([], { signal }))).map(({ state }) => state)).toEqual(["ok"]);
});

test("a process that dies between its blob and the name leaves an orphan, which gc frees", async () => {
  using folder = createTemporaryFolder();
  await using stores = await openStores(folder.path);
  const script = `
    const { createBlobStore } = await import(${JSON.stringify(join(import.meta.dir, "../blobs/fs-blob-store.ts"))});
    async function* stream() { yield new TextEncoder().encode("weights"); }
    await createBlobStore(${JSON.stringify(folder.path)}).write(stream(), { signal: new AbortController().signal, maxBytes: 10 });
    process.kill(process.pid, "SIGKILL");`;
  await Bun.spawn([process.execPath, "-e", script]).exited;
  expect(listBlobFiles(stores.blobs.folder)).toHaveLength(1);
  expect(await stores.store.collectGarbage({ all: false })).toEqual({ freedBytes: 7, removedBlobs: 1 });
});

test("verify finds a changed byte, another length and a missing blob, with the names that need them", async () => {
  using folder = createTemporaryFolder();
  await using stores = await openStores(folder.path);
  await stores.add("a", "changed", "missing", "fine");
  await stores.add("b", "longer", "changed");
  const digestOf = (text: string) => `sha256:${new Bun.CryptoHasher("sha256").update(text).digest("hex")}`;
  const pathOf = (text: string) => stores.blobs.pathOf(digestOf(text));
  writeFileSync(pathOf("changed"), "chanGed");
  writeFileSync(pathOf("longer"), "longer!");
  rmSync(pathOf("missing"));
  const expected = [
    { digest: digestOf("changed"), bytes: 7, state: "changed", names: ["a", "b"] },
    { digest: digestOf("longer"), bytes: 7, state: "changed", names: ["b"] },
    { digest: digestOf("missing"), bytes: 7, state: "missing", names: ["a"] },
    { digest: digestOf("fine"), bytes: 4, state: "ok", names: ["a"] },
  ] as const;
  const inOrder = expected.toSorted((a, b) => a.digest.localeCompare(b.digest));
  expect(await collect(stores.store.verify([], { signal }))).toEqual([...inOrder]);
  const ofB = inOrder.filter(({ names }) => names.some((name) => name === "b"));
  expect(await collect(stores.store.verify(["b"], { signal }))).toEqual(ofB);
});

test("verify reads files in place that have a digest, and orphans", async () => {
  using folder = createTemporaryFolder();
  await using stores = await openStores(folder.file("home"));
  const path = folder.file("model.gguf");
  writeFileSync(path, "weights");
  const { digest } = await stores.addBlob("weights");
  await stores.put({ name: "a", layers: [{ role: "model", bytes: 7, path, digest }] });
  writeFileSync(path, "weightS");
  const results = await collect(stores.store.verify([], { signal }));
  expect(results.map(({ state, names }) => ({ state, names }))).toEqual([
    { state: "changed", names: ["a"] },
    { state: "ok", names: [] },
  ]);
});

test("verify does not miss a model that is removed while it runs, and ends with the reason of an abort", async () => {
  using folder = createTemporaryFolder();
  await using stores = await openStores(folder.path);
  await stores.add("a", "first");
  await stores.add("b", "second");
  const states: string[] = [];
  for await (const { state } of stores.store.verify([], { signal })) {
    states.push(state);
    if (await stores.store.find("b")) await stores.store.remove("b");
  }
  expect(states).toEqual(["ok"]);
  const aborted = stores.store.verify([], { signal: AbortSignal.abort(new Error("stop")) });
  await expect(collect(aborted)).rejects.toThrow("stop");
});

test("sizes tell what removing a name frees from what other names need too", async () => {
  using folder = createTemporaryFolder();
  await using stores = await openStores(folder.path);
  await stores.add("a", "alone", "both");
  await stores.add("b", "both");
  await stores.put({ name: "in-place", layers: [{ role: "model", bytes: 9, path: "/x.gguf" }] });
  await stores.store.copy("a", "c");
  expect(Object.fromEntries(await stores.store.measure())).toEqual({
    a: { ownBytes: 0, sharedBytes: 9 },
    b: { ownBytes: 0, sharedBytes: 4 },
    c: { ownBytes: 0, sharedBytes: 9 },
    "in-place": { ownBytes: 0, sharedBytes: 0 },
  });
  await stores.store.remove("c");
  expect((await stores.store.measure()).get("a")).toEqual({ ownBytes: 5, sharedBytes: 4 });
});

test("uses are counted by name, of models that are not stored here too, and end with the name", async () => {
  using folder = createTemporaryFolder();
  await using stores = await openStores(folder.path);
  await stores.add("a", "weights");
  await stores.store.recordUses("a", 1, 500);
  await stores.store.recordUses("a", 1, 400);
  await stores.store.recordUses("found", 1, 600);
  expect(await stores.store.find("a")).toMatchObject({ uses: 2, lastUsedAtMs: 500 });
  expect((await stores.store.listUses()).get("found")).toEqual({ uses: 1, lastUsedAtMs: 600 });
  await stores.store.remove("a");
  await stores.add("a", "weights");
  expect((await stores.store.find("a"))?.uses).toBe(0);
});

test("processes that add, pull, copy, remove and collect at once never lose a blob that a name needs", async () => {
  using folder = createTemporaryFolder();
  const children = Array.from({ length: 4 }, (_, seed) =>
    Bun.spawn([process.execPath, stress, folder.path, String(seed), "150"], { stderr: "inherit" }),
  );
  expect(await Promise.all(children.map((child) => child.exited))).toEqual([0, 0, 0, 0]);
  await using stores = await openStores(folder.path);
  const states = (await collect(stores.store.verify([], { signal }))).map(({ state }) => state);
  expect(states.filter((state) => state !== "ok")).toEqual([]);
  expect((await stores.store.list()).length).toBeGreaterThan(0);
  await stores.store.collectGarbage({ all: true });
  const needed = new Set(
    (await stores.store.list()).flatMap(({ layers }) => layers.map(({ digest }) => digest)),
  );
  expect(listBlobFiles(stores.blobs.folder)).toHaveLength(needed.size);
  expect(readdirSync(join(stores.blobs.folder, "holds"))).toEqual([]);
});

test("processes that are killed at any moment of such work leave every name with its blobs", async () => {
  using folder = createTemporaryFolder();
  for (let round = 0; round < 8; round++) {
    const children = [0, 1].map((i) =>
      Bun.spawn([process.execPath, stress, folder.path, String(round * 2 + i), "100000"], {
        stderr: "inherit",
        stdout: "pipe",
      }),
    );
    await Promise.all(children.map((child) => readLines(child.stdout, 5 + round * 3)));
    for (const child of children) child.kill("SIGKILL");
    for (const child of children) expect(await child.exited).not.toBe(1);
  }
  await using stores = await openStores(folder.path);
  const states = (await collect(stores.store.verify([], { signal }))).map(({ state }) => state);
  expect(states.filter((state) => state !== "ok")).toEqual([]);
});

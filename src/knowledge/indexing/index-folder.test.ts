import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  mkdirSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";
import { AppError } from "../../base/index.ts";
import { createTemporaryFolder, type TemporaryFolder } from "../../testing/index.ts";
import { createFileMemory, type FileMemory } from "./file-memory.ts";
import type { IndexProgress, IndexRequest } from "./index-types.ts";
import { createMemoryStore, type MemoryStore } from "./indexing.fixture.ts";
import { createIndexing } from "./indexing.ts";
import { readerCommand, writePdf } from "./readers/pdf.fixture.ts";

let folder: TemporaryFolder;
let root: string;
let store: MemoryStore;
beforeEach(() => {
  folder = createTemporaryFolder();
  mkdirSync(folder.file("tree"));
  root = realpathSync(folder.file("tree"));
  store = createMemoryStore();
});
afterEach(() => folder[Symbol.dispose]());

function write(path: string, content: string | Uint8Array = `text of ${path}\n`): void {
  mkdirSync(dirname(`${root}/${path}`), { recursive: true });
  writeFileSync(`${root}/${path}`, content);
}

type Asked = Partial<IndexRequest> & {
  readonly memory?: FileMemory;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: IndexProgress) => void;
};

async function index({ memory, signal = new AbortController().signal, onProgress, ...request }: Asked = {}) {
  const { index: start } = createIndexing({ knowledge: store, pdf: { command: readerCommand } });
  return await start(
    { source: root, collection: "docs", ...request },
    { signal, ...(memory && { memory }), ...(onProgress && { onProgress }) },
  );
}

const sources = () => store.list("docs").map(([source]) => source);

describe("a folder", () => {
  test("is indexed with counts of what was found", async () => {
    for (const path of ["a.md", "src/b.ts", "src/deep/c.py"]) write(path);
    const report = await index();
    expect(report).toMatchObject({
      ...{
        collection: "docs",
        root,
        listedBy: "walk",
        seen: 3,
        added: 3,
        replaced: 0,
        unchanged: 0,
        removed: 0,
      },
      ...{ chunks: 3, bytes: 52, problems: [] },
    });
    expect(store.list("docs", root)).toEqual([
      ["a.md", "text of a.md"],
      ["src/b.ts", "text of src/b.ts"],
      ["src/deep/c.py", "text of src/deep/c.py"],
    ]);
  });

  test("is brought up to date: only what changed is stored, and what is gone is removed", async () => {
    for (const path of ["keep.md", "change.md", "gone.md", "old.md"]) write(path);
    await index();
    write("change.md", "changed\n");
    write("new.md");
    rmSync(`${root}/gone.md`);
    renameSync(`${root}/old.md`, `${root}/moved.md`);
    const report = await index();
    expect(report).toMatchObject({ seen: 4, added: 2, replaced: 1, unchanged: 1, removed: 2, chunks: 3 });
    expect(sources()).toEqual(["change.md", "keep.md", "moved.md", "new.md"]);
    expect(await index()).toMatchObject({ added: 0, replaced: 0, unchanged: 4, removed: 0, chunks: 0 });
    expect(store.adds).toHaveLength(2);
  });

  test("leaves what another folder brought, under the same names too", async () => {
    write("readme.md", "one");
    const other = createTemporaryFolder();
    writeFileSync(other.file("readme.md"), "other");
    await index();
    await index({ source: other.path });
    rmSync(`${root}/readme.md`);
    await index();
    expect(store.list("docs")).toEqual([["readme.md", "other"]]);
    other[Symbol.dispose]();
  });

  test("of a repository is what git lists", async () => {
    Bun.spawnSync(["git", "-C", root, "init", "-q"]);
    write(".gitignore", "secret.txt\n");
    write("a.md");
    write("secret.txt");
    expect(await index()).toMatchObject({ listedBy: "git", added: 2 });
    expect(sources()).toEqual([".gitignore", "a.md"]);
  });

  test("is followed with the same patterns; what others brought stays", async () => {
    for (const path of ["a.md", "b.ts", "c.ts"]) write(path);
    await index();
    rmSync(`${root}/a.md`);
    rmSync(`${root}/b.ts`);
    const report = await index({ include: ["*.ts"] });
    expect(report).toMatchObject({ removed: 1, unchanged: 1 });
    expect(sources()).toEqual(["a.md", "c.ts"]);
    expect(await index({ exclude: ["c.ts"] })).toMatchObject({ removed: 1, skipped: { ignored: 1 } });
    expect(sources()).toEqual(["c.ts"]);
  });

  test("tells how far it is", async () => {
    for (const path of ["a.md", "b.md"]) write(path);
    const seen: IndexProgress[] = [];
    await index({ onProgress: (progress) => seen.push(progress) });
    expect(seen.map(({ files, source }) => [files, source])).toEqual([
      [1, "a.md"],
      [2, "b.md"],
    ]);
  });
});

describe("files that are no documents", () => {
  test("are counted by what they are, and the others are indexed", async () => {
    write("good.md");
    write("program", Buffer.from("\x7fELF\0\0\0"));
    write("big.txt");
    truncateSync(`${root}/big.txt`, 52_428_800);
    write("empty.md", "\n\n");
    write("broken.pdf", "%PDF-1.7 nothing");
    symlinkSync(root, `${root}/loop`);
    Bun.spawnSync(["mkfifo", `${root}/pipe`]);
    const report = await index();
    expect(report).toMatchObject({
      added: 1,
      skipped: {
        binary: 1,
        too_large: 1,
        empty: 1,
        unreadable: 1,
        link: 1,
        not_a_file: 1,
        vanished: 0,
        refused: 0,
      },
    });
    expect(report.problems.map(({ source }) => source).sort()).toEqual([
      ...["big.txt", "broken.pdf", "empty.md", "loop", "pipe", "program"],
    ]);
    expect(report.problems.find(({ source }) => source === "big.txt")?.detail).toContain("52428800 bytes");
    for (const problem of report.problems)
      expect(Object.keys(problem)).toEqual(["source", "reason", "detail"]);
  });

  test("take away what was stored of them before", async () => {
    write("a.md");
    await index();
    write("a.md", Buffer.from([0, 1, 2]));
    expect(await index()).toMatchObject({ removed: 1, skipped: { binary: 1 } });
    expect(sources()).toEqual([]);
  });

  test("that vanish between listing and reading are counted, and nothing else is touched", async () => {
    for (const path of ["a.md", "b.md", "c.md"]) write(path);
    const onProgress = ({ source }: IndexProgress) => source === "a.md" && rmSync(`${root}/b.md`);
    expect(await index({ onProgress })).toMatchObject({ added: 2, skipped: { vanished: 1 } });
    expect(sources()).toEqual(["a.md", "c.md"]);
  });

  test("that the collection refuses do not keep others out", async () => {
    store = createMemoryStore({
      onAdd({ source }) {
        if (source === "bad.md") throw new AppError("invalid_request", "bad.md has too much of something");
      },
    });
    for (const path of ["a.md", "bad.md", "c.md"]) write(path);
    const report = await index();
    expect(report.problems).toEqual([
      { source: "bad.md", reason: "refused", detail: "bad.md has too much of something" },
    ]);
    expect(sources()).toEqual(["a.md", "c.md"]);
  });
});

describe("a run that ends early", () => {
  const many = () => Array.from({ length: 300 }, (_, index) => `file${String(index).padStart(3, "0")}.md`);

  test("because the disk is full says so, keeps what was stored, and goes on from there", async () => {
    let room = 100;
    store = createMemoryStore({
      onAdd() {
        if (room-- === 0) throw new AppError("disk_full", "the disk is full; free some space");
      },
    });
    for (const path of many()) write(path);
    await expect(index()).rejects.toMatchObject({ code: "disk_full" });
    expect(sources().length).toBeGreaterThan(50);
    room = Number.POSITIVE_INFINITY;
    const report = await index();
    expect(report.added).toBeLessThan(300);
    expect(report.unchanged).toBeGreaterThan(50);
    expect(sources()).toEqual(many());
  });

  test("because it was stopped removes nothing", async () => {
    for (const path of many()) write(path);
    await index();
    for (const path of many().slice(0, 200)) rmSync(`${root}/${path}`);
    const stopping = new AbortController();
    const onProgress = ({ files }: IndexProgress) => {
      if (files === 50) stopping.abort(new AppError("cancelled", "stopped"));
    };
    await expect(index({ signal: stopping.signal, onProgress })).rejects.toMatchObject({ code: "cancelled" });
    expect(sources()).toHaveLength(300);
  });
});

describe("one file", () => {
  test("is indexed as its folder would, and leaves its neighbours alone", async () => {
    write("a.md");
    write("b.md");
    await index({ source: `${root}/a.md` });
    expect(store.list("docs", root)).toEqual([["a.md", "text of a.md"]]);
    await index();
    write("a.md", "new");
    expect(await index({ source: `${root}/a.md` })).toMatchObject({
      replaced: 1,
      removed: 0,
      listedBy: "name",
    });
    expect(sources()).toEqual(["a.md", "b.md"]);
  });

  test("that is gone is removed where it was indexed, and not found where it was not", async () => {
    write("a.md");
    await index();
    rmSync(`${root}/a.md`);
    expect(await index({ source: `${root}/a.md` })).toMatchObject({ removed: 1 });
    await expect(index({ source: `${root}/a.md` })).rejects.toMatchObject({ code: "not_found" });
    await expect(index({ source: `${root}/no/such.md` })).rejects.toMatchObject({ code: "not_found" });
  });

  test("that cannot be indexed is an error with the reason", async () => {
    write("big.txt");
    truncateSync(`${root}/big.txt`, 52_428_800);
    write("program", Buffer.from([0]));
    const big = index({ source: `${root}/big.txt` });
    await expect(big).rejects.toMatchObject({
      code: "body_too_large",
      message: expect.stringContaining("52428800"),
    });
    const binary = index({ source: `${root}/program` });
    await expect(binary).rejects.toMatchObject({
      code: "invalid_request",
      message: expect.stringContaining("no text"),
    });
  });

  test("may be a PDF file", async () => {
    write("manual.pdf", writePdf([["Turn it on"], ["Turn it off"]]));
    await index({ source: `${root}/manual.pdf` });
    expect(store.list("docs")).toEqual([["manual.pdf", "Turn it on\n\nTurn it off"]]);
  });

  test("larger than the limit that was asked for is refused, and an absurd limit too", async () => {
    write("a.md", "12345");
    await expect(index({ source: `${root}/a.md`, maxFileBytes: 4 })).rejects.toMatchObject({
      code: "body_too_large",
    });
    await expect(index({ maxFileBytes: -1 })).rejects.toThrow("maxFileBytes: expected 1 to");
  });
});

test.each(["git", "walk"])(
  "a .hearthignore leaves out what is tracked all the same, listed by %s",
  async (by) => {
    if (by === "git") Bun.spawnSync(["git", "-C", root, "init", "-q"]);
    for (const path of ["a.md", "deep/b.md", "deep/c.md", "deep/drafts/d.md", "drafts/e.md"]) write(path);
    expect(await index()).toMatchObject({ listedBy: by, added: 5 });
    write(".hearthignore", "drafts/\nb.md\n.hearthignore\n");
    write("deep/.hearthignore", "!b.md\nc.md\n");
    expect(await index()).toMatchObject({ added: 0, removed: 3, unchanged: 2 });
    expect(sources()).toEqual(["a.md", "deep/b.md"]);
  },
);

describe("the collection", () => {
  test("is made with the model and label that were asked for", async () => {
    write("a.md");
    await index({ embeddingModel: "tiny-embed", label: "local" });
    expect(await store.collections.find("docs")).toMatchObject({
      embeddingModel: "tiny-embed",
      label: "local",
    });
  });

  test("takes another model while it is empty, and refuses it after, saying what to run", async () => {
    await store.collections.create({ name: "docs" });
    write("a.md");
    await index({ embeddingModel: "tiny-embed" });
    const other = index({ embeddingModel: "other-embed" });
    await expect(other).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringContaining("hearth collection reembed docs other-embed"),
    });
    expect(await index({ embeddingModel: "tiny-embed" })).toMatchObject({ unchanged: 1 });
  });

  test("is brought up to date by whichever name its model is given", async () => {
    write("a.md");
    await index({ embeddingModel: "tiny-embed" });
    expect(await index({ embeddingModel: "tiny-embed:latest" })).toMatchObject({ unchanged: 1 });
  });
});

test("what was read is stored and told of on the way, not all of it at the end", async () => {
  const page = `${"copper wire and granite ".repeat(60)}\n\n`.repeat(16);
  for (let file = 0; file < 24; file++) write(`${file}.md`, page);
  const storedAt: number[] = [];
  await index({ onProgress: () => void storedAt.push(store.list("docs").length) });
  expect(new Set(storedAt).size).toBeGreaterThanOrEqual(3);
});

describe("a memory of earlier runs", () => {
  test("spares reading files that were not touched, and never hides a change", async () => {
    const memory = createFileMemory(Date.now);
    const long = new Date(Date.now() - 60_000);
    for (const path of ["a.md", "b.md"]) {
      write(path);
      utimesSync(`${root}/${path}`, long, long);
    }
    await index({ memory });
    // The same size and time: only a memory can take it for unchanged, and the inode tells.
    rmSync(`${root}/a.md`);
    write("a.md", "text of x.md\n");
    utimesSync(`${root}/a.md`, long, long);
    write("b.md", "fresh of b.md\n");
    expect(await index({ memory })).toMatchObject({ replaced: expect.any(Number), seen: 2 });
    expect(store.list("docs")).toContainEqual(["b.md", "fresh of b.md"]);
    expect(await index({ memory })).toMatchObject({ unchanged: 2 });
  });

  test("does not outlive what is stored", async () => {
    const memory = createFileMemory(Date.now);
    write("a.md");
    utimesSync(`${root}/a.md`, new Date(0), new Date(0));
    await index({ memory });
    await store.documents.removeSources("docs", ["a.md"], root);
    expect(await index({ memory })).toMatchObject({ added: 1 });
  });
});

test("documents carry what the collection for code is filtered by", async () => {
  const { prepare } = createIndexing({ knowledge: store });
  const bytes = new TextEncoder().encode("# Title\n\nText\n");
  const prepared = await prepare({ source: "docs/a.md", bytes }, new AbortController().signal);
  expect(prepared).toMatchObject({
    source: "docs/a.md",
    contentHash: expect.stringMatching(/^1-[0-9a-f]{64}$/),
    attributes: { file_path: "docs/a.md", language: "markdown", category: "documentation", purpose: "Title" },
  });
});

test("content that clients send is read by its type, or refused with a reason", async () => {
  const { prepare } = createIndexing({ knowledge: store, pdf: { command: readerCommand } });
  const { signal } = new AbortController();
  const html = { source: "page", bytes: Buffer.from("<p>hi</p>"), contentType: "text/html; charset=utf-8" };
  expect(await prepare(html, signal)).toMatchObject({ chunks: [{ text: "hi" }] });
  const pdf = { source: "x", bytes: writePdf([["From a PDF"]]), contentType: "application/octet-stream" };
  expect(await prepare(pdf, signal)).toMatchObject({ chunks: [{ text: "From a PDF" }] });
  const binary = { source: "x.bin", bytes: Buffer.from([0, 1]) };
  expect(await prepare(binary, signal)).toEqual({ skipped: "binary", reason: "it is no text" });
});

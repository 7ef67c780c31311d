import { expect, test } from "bun:test";
import { join } from "node:path";
import fc from "fast-check";
import { AppError } from "../../base/index.ts";
import { type NestedFolders, nestedCollection, openNestedFolders } from "./nested-folders.fixture.ts";
import { hashContent } from "./run.ts";
import { walkFolder } from "./sources/walk-folder.ts";

/** The outermost first. */
const roots = ["", "a", "ab", "a/b", "a/d", "a/b/c"] as const;
const names = ["x.md", "y.md", "z.txt"] as const;
const patterns = ["x.md", "*.txt", "b/", "/c", "!y.md", "d/x.md"] as const;

const folder = fc.constantFrom(...roots);
const path = fc.tuple(folder, fc.constantFrom(...names)).map((parts) => join(...parts));
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ type: fc.constant("write"), path, text: fc.nat({ max: 5 }) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("remove"), path }) },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant("ignore"),
      folder,
      patterns: fc.subarray([...patterns], { maxLength: 2 }),
    }),
  },
  { weight: 6, arbitrary: fc.record({ type: fc.constant("index"), folder }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("filter"), folder, exclude: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("file"), path }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("stop"), folder, files: fc.nat({ max: 4 }) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("together"), folder, other: folder }) },
);
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

const { signal } = new AbortController();

/** Real path to content hash of each document. Throws where a path is there twice. */
async function readHeld({ knowledge }: NestedFolders): Promise<ReadonlyMap<string, string>> {
  const documents = await knowledge.documents.list(nestedCollection, { limit: 1_000 });
  const held = new Map<string, string>();
  for (const { root = "", source, contentHash } of documents) {
    const place = join(root, source);
    if (held.has(place)) throw new Error(`${place} is held twice`);
    held.set(place, contentHash);
  }
  return held;
}

/** Each file that a run over a root lists is held as it is now. */
async function checkListed(
  { tree }: NestedFolders,
  held: ReadonlyMap<string, string>,
  root: string,
  isWanted: (source: string) => boolean = () => true,
): Promise<void> {
  for await (const { type, source } of walkFolder(join(tree, root), signal)) {
    if (type !== "file" || !isWanted(source)) continue;
    const bytes = await Bun.file(join(tree, root, source)).bytes();
    const expected = bytes.length === 0 ? undefined : hashContent(bytes);
    expect([source, held.get(join(tree, root, source))]).toEqual([source, expected]);
  }
}

async function take(folders: NestedFolders, step: Step): Promise<void> {
  const isThere = (place: string) => Bun.file(join(folders.tree, place)).exists();
  switch (step.type) {
    case "write":
      return folders.write(step.path, `text ${step.text}\n`);
    case "remove":
      return (await isThere(step.path)) ? folders.remove(step.path) : undefined;
    case "ignore":
      return folders.write(
        join(step.folder, ".gitignore"),
        step.patterns.map((line) => `${line}\n`).join(""),
      );
    case "index":
      await folders.index(step.folder);
      return await checkListed(folders, await readHeld(folders), step.folder);
    case "filter": {
      await folders.index(step.folder, step.exclude ? { exclude: ["*.md"] } : { include: ["*.md"] });
      const isWanted = (source: string) => source.endsWith(".md") !== step.exclude;
      return await checkListed(folders, await readHeld(folders), step.folder, isWanted);
    }
    case "file":
      if (await isThere(step.path)) await folders.index(step.path);
      return;
    case "stop": {
      const stopping = new AbortController();
      const stop = () => stopping.abort(new AppError("cancelled", "stopped"));
      const run = folders.index(step.folder, {
        signal: stopping.signal,
        onProgress: ({ files }) => files > step.files && stop(),
      });
      return await run.then(
        () => undefined,
        (error: unknown) => expect(error).toMatchObject({ code: "cancelled" }),
      );
    }
    case "together":
      await Promise.all([folders.index(step.folder), folders.index(step.other)]);
      return;
    default:
      return step satisfies never;
  }
}

test("whatever is indexed in whatever order, no file is held twice and each that is listed is held as it is", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 8, maxLength: 24 }), async (steps) => {
      await using folders = await openNestedFolders(null);
      for (const root of roots) folders.write(join(root, "x.md"));
      for (const each of steps) {
        await take(folders, each);
        await readHeld(folders);
      }
      for (const root of roots) await folders.index(root);
      const held = await readHeld(folders);
      for (const root of roots) await checkListed(folders, held, root);
      for (const place of held.keys()) expect([place, await Bun.file(place).exists()]).toEqual([place, true]);
    }),
    { numRuns: 20 },
  );
});

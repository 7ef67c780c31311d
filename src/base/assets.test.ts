import { expect, test } from "bun:test";
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { createTemporaryFolder } from "../testing/index.ts";
import { unpackAssets } from "./assets.ts";

function createAssets() {
  const folder = createTemporaryFolder();
  writeFileSync(folder.file("source-one"), "one");
  writeFileSync(folder.file("source-two"), "second");
  const assets = [
    { name: "one.so", source: folder.file("source-one") },
    { name: "two.so", source: folder.file("source-two") },
  ];
  return { folder, assets, home: folder.file("home"), [Symbol.dispose]: folder[Symbol.dispose] };
}

test("assets are unpacked whole into a folder that only the user can enter", async () => {
  using given = createAssets();
  const folder = await unpackAssets(given.home, "native", given.assets);
  expect(readFileSync(join(folder, "one.so"), "utf8")).toBe("one");
  expect(readFileSync(join(folder, "two.so"), "utf8")).toBe("second");
  expect(readdirSync(folder).sort()).toEqual(["one.so", "stamp.json", "two.so"]);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
});

test("a second start writes nothing again", async () => {
  using given = createAssets();
  const folder = await unpackAssets(given.home, "native", given.assets);
  const { ino, mtimeMs } = statSync(join(folder, "one.so"));
  expect(await unpackAssets(given.home, "native", given.assets)).toBe(folder);
  expect(statSync(join(folder, "one.so"))).toMatchObject({ ino, mtimeMs });
});

test("a file that was cut afterwards is unpacked again", async () => {
  using given = createAssets();
  const folder = await unpackAssets(given.home, "native", given.assets);
  truncateSync(join(folder, "two.so"), 2);
  await unpackAssets(given.home, "native", given.assets);
  expect(readFileSync(join(folder, "two.so"), "utf8")).toBe("second");
});

test("other assets get another folder", async () => {
  using given = createAssets();
  const first = await unpackAssets(given.home, "native", given.assets);
  const second = await unpackAssets(given.home, "native", given.assets.slice(0, 1));
  expect(second).not.toBe(first);
});

test("many programs that unpack at once all get whole files and leave no others", async () => {
  using given = createAssets();
  const folders = await Promise.all(
    Array.from({ length: 8 }, () => unpackAssets(given.home, "native", given.assets)),
  );
  const folder = folders[0] ?? "";
  expect(new Set(folders).size).toBe(1);
  expect(readdirSync(folder).sort()).toEqual(["one.so", "stamp.json", "two.so"]);
});

test("a home that anybody can write to is refused", async () => {
  using given = createAssets();
  mkdirSync(given.home);
  chmodSync(given.home, 0o777);
  expect(unpackAssets(given.home, "native", given.assets)).rejects.toThrow("can be changed by other users");
});

test("a home that cannot be made says what to set", async () => {
  using given = createAssets();
  const home = join(given.folder.file("source-one"), "home");
  expect(unpackAssets(home, "native", given.assets)).rejects.toThrow("set HEARTH_HOME to a folder");
});

import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compilePlugin } from "./compile-plugin.ts";
import { openSourceFiles } from "./source-files.ts";

const parent = mkdtempSync(join(tmpdir(), "hearth-build-hostile-"));
const folder = join(parent, "plugin");
const secret = 'export const secret: string = "outside";\n';

beforeAll(() => {
  mkdirSync(join(folder, "assembly"), { recursive: true });
  writeFileSync(join(folder, "plugin.json"), '{"kind":"judge","name":"reader","version":"1.0.0"}');
  writeFileSync(join(parent, "secret.ts"), secret);
  symlinkSync(join(parent, "secret.ts"), join(folder, "assembly", "linked.ts"));
});
afterAll(() => rmSync(parent, { recursive: true, force: true }));

test("an import cannot leave the plugin's folder, and what configures runtime or compiler in it is not run", async () => {
  const ran = join(parent, "ran");
  const evil = `require("node:fs").writeFileSync(${JSON.stringify(ran)}, "");`;
  const files = {
    "evil.cjs": evil,
    "bunfig.toml": 'preload = ["./evil.cjs"]\n',
    "asconfig.json": JSON.stringify({ options: { transform: [join(folder, "evil.cjs")] } }),
    "assembly/index.ts":
      'export { secret } from "../../secret";\nexport function judge(): i32 { return 0; }\n',
  };
  for (const [path, text] of Object.entries(files)) writeFileSync(join(folder, path), text);
  const built = compilePlugin({ folder, home: parent });
  await expect(built).rejects.toThrow("../secret.ts is outside of the plugin's folder");
  expect(await Bun.file(ran).exists()).toBe(false);
});

test("links, absolute paths and packages of folders above give nothing", () => {
  const files = openSourceFiles(folder, new Map([["index.ts", "sdk"]]));
  expect(files.read("assembly/linked.ts")).toBeNull();
  expect(files.read("../secret.ts")).toBeNull();
  expect(files.read("../node_modules/x/index.ts")).toBeNull();
  expect(files.read("assembly/../../secret.ts")).toBeNull();
  expect(files.read(join(parent, "secret.ts"))).toBeNull();
  expect([...files.refused]).toEqual(["assembly/linked.ts", "../secret.ts", "assembly/../../secret.ts"]);
  expect(files.read("node_modules/hearth-sdk/index.ts")).toBe("sdk");
  expect(files.read("node_modules/hearth-sdk/../../secret.ts")).toBeNull();
});

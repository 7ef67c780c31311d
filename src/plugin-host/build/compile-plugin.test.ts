import { afterAll, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compilePlugin } from "./compile-plugin.ts";

const parent = mkdtempSync(join(tmpdir(), "hearth-build-"));
afterAll(() => rmSync(parent, { recursive: true, force: true }));
const manifest = { kind: "judge", name: "tried", version: "1.0.0" };
const judge = `import { pass, runJudge } from "hearth-sdk";
import { reason } from "./reason";
export function judge(): i32 {
  return runJudge((input) => pass(reason()));
}
`;

let count = 0;
function makeFolder(files: Readonly<Record<string, unknown>>): string {
  const folder = join(parent, String(count++));
  mkdirSync(join(folder, "assembly"), { recursive: true });
  for (const [path, content] of Object.entries(files))
    writeFileSync(join(folder, path), typeof content === "string" ? content : JSON.stringify(content));
  return folder;
}
const build = (folder: string, output?: string) =>
  compilePlugin({ folder, home: parent, ...(output && { output }) });

test.concurrent("a plugin of several files is written where it is asked for, and nothing else is left", async () => {
  const folder = makeFolder({
    "plugin.json": { ...manifest, permissions: { kv: { reason: "It counts." } } },
    // Without the SDK it compiles in a third of the time.
    "assembly/index.ts":
      'import { code } from "./code";\nexport function judge(): i32 {\n  return code();\n}\n',
    "assembly/code.ts": "export function code(): i32 {\n  return 0;\n}\n",
  });
  const output = join(folder, "out", "x.wasm");
  const compiled = await build(folder, output);
  expect(compiled.path).toBe(output);
  expect(compiled.manifest).toMatchObject({ contract: 1, permissions: { kv: { reason: "It counts." } } });
  expect(readdirSync(join(folder, "out"))).toEqual(["x.wasm"]);
  expect(existsSync(join(folder, "build"))).toBe(false);
});

test.concurrent("errors say the file, line, column and text, all of them", async () => {
  const folder = makeFolder({
    "plugin.json": manifest,
    "assembly/index.ts": judge,
    "assembly/reason.ts":
      "export function reason(): string {\n  const a: i32 = true ? 'é' : 1;\n  return b;\n}\n",
  });
  const error = await build(folder).catch((cause: unknown) => cause);
  expect(error).toMatchObject({ name: "PluginFailure", code: "build_failed" });
  expect(String(error)).toMatch(/assembly\/reason\.ts:2:18: Type .* is not assignable to type/);
  expect(String(error)).toMatch(
    /assembly\/reason\.ts:3:10: Cannot find name 'b'\. \(AS2304\)\n {4}return b;/,
  );
  expect(existsSync(join(folder, "build"))).toBe(false);
});

test.concurrent("sources that the compiler itself fails on are an error like others", async () => {
  const folder = makeFolder({
    "plugin.json": manifest,
    "assembly/index.ts": `class Node { list: Node[] = []; constructor() { count(); } }
function count(): i32 { return first.list.length; }
const first = new Node();
export function judge(): i32 { return 1; }
`,
  });
  const error = await build(folder).catch((cause: unknown) => cause);
  expect(error).toMatchObject({ code: "build_failed" });
  expect(String(error)).toContain("the AssemblyScript compiler failed on these sources");
});

test.concurrent("a plugin without the export of its kind is told which one", async () => {
  const source = "export function decide(): i32 {\n  return 0;\n}\n";
  const folder = makeFolder({ "plugin.json": manifest, "assembly/index.ts": source });
  await expect(build(folder)).rejects.toThrow("a judge must have `export function judge(): i32`");
});

test.concurrent("a mark of byte order moves no column, and a package is told not to be there", async () => {
  const source = '\ufeffimport { x } from "lodash"; export function judge(): i32 {\r\n  return y;\r\n}\r\n';
  const folder = makeFolder({
    "plugin.json": `\ufeff${JSON.stringify(manifest)}`,
    "assembly/index.ts": source,
  });
  const error = await build(folder).catch((cause: unknown) => cause);
  expect(String(error)).toContain("assembly/index.ts:1:19: File '~lib/lodash.ts' not found");
  expect(String(error)).toContain("a plugin is compiled from its own folder and hearth-sdk");
});

test("a manifest that does not fit is told with the path of each fault", async () => {
  const permissions = { http: { reason: "x", hosts: ["ok.example", "https://no"] }, other: {} };
  const folder = makeFolder({ "plugin.json": { ...manifest, version: "1", permissions } });
  const error = await build(folder).catch((cause: unknown) => cause);
  expect(error).toMatchObject({ code: "manifest_invalid" });
  expect(String(error)).toContain("plugin.json: version: expected a version such as 1.0.0");
  expect(String(error)).toContain("plugin.json: permissions.http.hosts[1]: expected hosts such as");
  expect(String(error)).toContain('"other"');
});

test("a folder without a manifest, without sources, or for another contract is told apart", async () => {
  await expect(build(makeFolder({}))).rejects.toMatchObject({ code: "manifest_missing" });
  await expect(build(makeFolder({ "plugin.json": "{" }))).rejects.toMatchObject({ code: "manifest_invalid" });
  await expect(build(makeFolder({ "plugin.json": manifest }))).rejects.toThrow(
    "assembly/index.ts is missing",
  );
  const file = join(makeFolder({ "plugin.json": manifest }), "plugin.json");
  await expect(build(file)).rejects.toMatchObject({ code: "manifest_missing" });
  const later = makeFolder({ "plugin.json": { ...manifest, contract: 2 } });
  await expect(build(later)).rejects.toMatchObject({ code: "contract_unsupported" });
});

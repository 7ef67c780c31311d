import { afterAll, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createTemporaryFolder, packPlugin } from "../testing/index.ts";
import { openTestPlugins } from "./plugins-fixture.ts";

const source = join(import.meta.dir, "..", "testing", "guests", "judge.c");
const needed = ["clang", "wasm-ld"];
const missing = needed.filter((program) => Bun.which(program) === null);
if (missing.length > 0) {
  process.stderr.write(
    `skipped: a judge in C, since ${missing.join(" and ")} cannot be found (apt: clang, lld)\n`,
  );
}

const folder = createTemporaryFolder();
afterAll(() => folder[Symbol.dispose]());

function compile(): Uint8Array {
  const output = folder.file("judge.wasm");
  const flags = ["--target=wasm32", "-O2", "-Wall", "-Wextra", "-Werror", "-nostdlib", "-Wl,--no-entry"];
  const { exitCode, stderr } = Bun.spawnSync(["clang", ...flags, "-o", output, source]);
  expect(stderr.toString()).toBe("");
  expect(exitCode).toBe(0);
  return readFileSync(output);
}

test.skipIf(missing.length > 0)(
  "a judge in C, without any library, judges by the same contract",
  async () => {
    const bytes = packPlugin(compile(), { kind: "judge", name: "in-c", version: "1.0.0" });
    await using open = openTestPlugins();
    await open.plugins.add({ bytes, source: "test" });
    const passed = await open.plugins.judge("in-c", { response: "Grüße an alle" });
    expect(passed).toMatchObject({
      ok: true,
      output: { verdict: "pass", score: 1, reasons: ["it is short enough"], metrics: { bytes: 15 } },
    });
    const failed = await open.plugins.judge("in-c", { response: "x".repeat(2_001) });
    expect(failed).toMatchObject({ ok: true, output: { verdict: "fail", metrics: { bytes: 2_001 } } });
    const empty = await open.plugins.judge("in-c", { response: "" });
    expect(empty).toMatchObject({ ok: true, output: { verdict: "fail", reasons: ["it is empty"] } });
    expect(open.said).toEqual(["judged by C", "judged by C", "judged by C"]);
  },
);

test.skipIf(missing.length > 0)("what a judge in C reports as an error is one, with its text", async () => {
  const bytes = packPlugin(compile(), { kind: "judge", name: "in-c", version: "1.0.0" });
  await using open = openTestPlugins();
  const { path, sha256 } = await open.plugins.add({ bytes, source: "test" });
  const record = { name: "in-c", path, sha256, source: "test", isEmbedded: false, grants: {} } as const;
  const rest = { config: {}, limits: {}, isEnabled: true, addedAtMs: 0 };
  const result = await open.plugins.callRecord({ ...record, ...rest }, { export: "judge", input: "{}" });
  expect(result).toMatchObject({ failure: { code: "plugin_error", message: "the input has no response" } });
});

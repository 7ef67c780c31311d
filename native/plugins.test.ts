import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pluginsDir } from "./plugin-sdk.ts";
import { generateFiles } from "./plugins.ts";

test("what is made of the contracts is checked in as it would be made; else run bun native/plugins.ts --generate", () => {
  for (const [path, text] of generateFiles()) {
    expect({ path, text: readFileSync(join(pluginsDir, path), "utf8") }).toEqual({ path, text });
  }
});

test("nothing lies among the generated files that is not made", () => {
  const made = new Set(generateFiles().keys());
  for (const folder of ["sdk/generated", "sdk/schemas"]) {
    for (const name of readdirSync(join(pluginsDir, folder))) expect(made).toContain(`${folder}/${name}`);
  }
});

test("the SDK has an entry that gives out every generated class", () => {
  const index = readFileSync(join(pluginsDir, "sdk", "index.ts"), "utf8");
  for (const name of readdirSync(join(pluginsDir, "sdk", "generated"))) {
    expect(index).toContain(`export * from "./generated/${name.replace(/\.ts$/, "")}";`);
  }
});

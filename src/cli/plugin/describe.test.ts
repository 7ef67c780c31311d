import { expect, test } from "bun:test";
import { parseManifest } from "../../plugin-host/index.ts";
import { formatPermissions } from "./describe.ts";

test("a scope of which a part is granted is not told as granted", () => {
  const permissions = {
    http: { reason: "r", hosts: ["a.example", "b.example"] },
    config: { reason: "r", keys: ["token"] },
    generate: { reason: "r" },
  };
  const manifest = parseManifest(JSON.stringify({ kind: "judge", name: "x", version: "1.0.0", permissions }));
  const text = formatPermissions(manifest, {
    ...{ http: { hosts: ["a.example"] }, config: { keys: [] }, generate: true },
  });
  expect(text).toMatch(/^http +in part: a\.example +a\.example, b\.example +r$/m);
  expect(text).toMatch(/^config +in part: nothing of it +token +r$/m);
  expect(text).toMatch(/^generate +yes +- +r$/m);
});

import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync, statSync } from "node:fs";
import { createSigningKey, readPluginFile, signModule } from "../../plugin-host/index.ts";
import { makeJudge, writeGuest } from "../../testing/index.ts";
import { createPluginCli, judgeInput, passed, passing } from "./plugin-cli-fixture.ts";

const manifest = { kind: "judge", name: "it", version: "1.0.0" };
const permissionBits = 0o777;

function makeModule(): Uint8Array {
  return writeGuest({ functions: [{ code: (guest) => [guest.output(passing)] }], exports: { judge: 0 } });
}

describe("pack", () => {
  test("makes a plugin of a module, which runs", async () => {
    using cli = createPluginCli();
    const paths = [
      cli.write("m.wasm", makeModule()),
      "--manifest",
      cli.write("m.json", JSON.stringify(manifest)),
    ];
    const output = cli.folder.file("it.wasm");
    const packed = await cli.run(["pack", ...paths, "-o", output]);
    expect(packed).toEqual({ code: 0, output: expect.stringMatching(/^\S+it\.wasm, \d+ B\n$/), errors: "" });
    const called = await cli.run(["call", output, "--input", "-"], { input: judgeInput });
    expect(JSON.parse(called.output)).toEqual(passed);
    expect(statSync(output).mode & permissionBits).toBe(0o644);
  });

  test("puts its manifest in the place of another, and says that a signature is lost", async () => {
    using cli = createPluginCli();
    const signed = signModule(makeJudge("other", passing), createSigningKey().privateKeyPem);
    const output = cli.folder.file("it.wasm");
    const paths = ["--manifest", cli.write("m.json", JSON.stringify(manifest)), "-o", output];
    const { code, errors } = await cli.run(["pack", cli.write("m.wasm", signed), ...paths]);
    expect(code).toBe(0);
    expect(errors).toContain("its signature did not cover this manifest and was left out");
    const file = readPluginFile(readFileSync(output), []);
    expect(file).toMatchObject({ manifest: { name: "it" }, signature: { state: "unsigned" } });
  });

  test.each([
    [
      { ...manifest, version: "one" },
      "m.json: its manifest is wrong: version: expected a version such as 1.0.0",
    ],
    [{ ...manifest, permissions: { http: { reason: "r", hosts: [] } } }, "wrong: permissions.http.hosts"],
    [{ ...manifest, permission: {} }, 'Unrecognized key: "permission"'],
    [{ ...manifest, contract: 2 }, "it was written for version 2 of the contract"],
    ["not JSON", "its manifest is wrong: expected object"],
  ])("refuses the manifest %j and names the field", async (content, message) => {
    using cli = createPluginCli();
    const output = cli.folder.file("it.wasm");
    const paths = [
      cli.write("m.wasm", makeModule()),
      "--manifest",
      cli.write("m.json", JSON.stringify(content)),
    ];
    const { code, errors } = await cli.run(["pack", ...paths, "-o", output]);
    expect(code).toBe(1);
    expect(errors).toContain(message);
    expect(() => statSync(output)).toThrow();
  });

  test("refuses what is no module, and files that are not there", async () => {
    using cli = createPluginCli();
    const json = cli.write("m.json", JSON.stringify(manifest));
    const output = cli.folder.file("it.wasm");
    const absent = cli.folder.file("absent");
    for (const [argv, message] of [
      [[cli.write("m.wasm", "hello"), "--manifest", json], "m.wasm: "],
      [[absent, "--manifest", json], "absent: there is no such file"],
      [[cli.write("m2.wasm", makeModule()), "--manifest", absent], "absent cannot be read"],
    ] as const) {
      const { code, errors } = await cli.run(["pack", ...argv, "-o", output]);
      expect({ code, errors }).toEqual({ code: 1, errors: expect.stringContaining(message) });
    }
    const nowhere = await cli.run([
      "pack",
      cli.folder.file("m2.wasm"),
      "--manifest",
      json,
      "-o",
      `${absent}/it.wasm`,
    ]);
    expect(nowhere).toMatchObject({ code: 1, errors: expect.stringContaining("cannot be written") });
  });

  test("without a manifest or an output is wrong usage", async () => {
    using cli = createPluginCli();
    expect((await cli.run(["pack", "m.wasm", "-o", "x.wasm"])).code).toBe(2);
    expect((await cli.run(["pack", "m.wasm", "--manifest", "m.json"])).code).toBe(2);
  });
});

describe("sign", () => {
  test("makes a key that only its owner can read, signs in place, and prints what to trust", async () => {
    using cli = createPluginCli();
    const path = cli.write("it.wasm", makeJudge("it", passing));
    const key = cli.folder.file("key.pem");
    const { code, output } = await cli.run(["sign", path, "--key", key, "--new-key"]);
    const publicKey = /^ {2}--trusted-key (ed25519:\S+)$/m.exec(output)?.[1] ?? "";
    expect({ code, mode: statSync(key).mode & permissionBits }).toEqual({ code: 0, mode: 0o600 });
    expect(readPluginFile(readFileSync(path), [publicKey]).signature.state).toBe("trusted");
    const trusted = await cli.run(["info", path, "--trusted-key", publicKey]);
    expect(trusted.output).toContain(`of the trusted key ${publicKey}\n`);
    const stranger = await cli.run(["info", path]);
    expect(stranger.output).toContain(`of ${publicKey}, which is not trusted\n`);
  });

  test("with a key that is there signs to another file and leaves the first as it is", async () => {
    using cli = createPluginCli();
    const { privateKeyPem, publicKey } = createSigningKey();
    const plain = makeJudge("it", passing);
    const output = cli.folder.file("signed.wasm");
    const argv = [cli.write("it.wasm", plain), "--key", cli.write("key.pem", privateKeyPem), "-o", output];
    expect((await cli.run(["sign", ...argv])).output).toContain(publicKey);
    expect(readFileSync(cli.folder.file("it.wasm"))).toEqual(Buffer.from(plain));
    expect(readPluginFile(readFileSync(output), []).signature).toEqual({ state: "untrusted", publicKey });
  });

  test("never writes over a key", async () => {
    using cli = createPluginCli();
    const path = cli.write("it.wasm", makeJudge("it", passing));
    const key = cli.write("key.pem", "precious");
    const { code, errors } = await cli.run(["sign", path, "--key", key, "--new-key"]);
    expect(code).toBe(1);
    expect(errors).toContain("leave --new-key out to use it");
    expect(readFileSync(key, "utf8")).toBe("precious");
    expect(readPluginFile(readFileSync(path), []).signature.state).toBe("unsigned");
  });

  test("says that a module without a manifest would lose its signature", async () => {
    using cli = createPluginCli();
    const argv = [cli.write("m.wasm", makeModule()), "--key", cli.folder.file("key.pem"), "--new-key"];
    expect((await cli.run(["sign", ...argv])).errors).toContain("has no manifest");
  });

  test("refuses a key that is none, one that is not there, and a file that is no module", async () => {
    using cli = createPluginCli();
    const path = cli.write("it.wasm", makeJudge("it", passing));
    const key = cli.folder.file("new.pem");
    for (const [argv, message] of [
      [
        [path, "--key", cli.write("key.pem", "hello")],
        "the signing key is no ed25519 private key in PEM form",
      ],
      [[path, "--key", key], "new.pem cannot be read; --new-key makes one"],
      [[cli.write("text.wasm", "hello"), "--key", key, "--new-key"], "text.wasm: "],
    ] as const) {
      const { code, errors } = await cli.run(["sign", ...argv]);
      expect({ code, errors }).toEqual({ code: 1, errors: expect.stringContaining(message) });
    }
    expect(() => statSync(key)).toThrow();
  });
});

test("a module without the function that its kind is called by is not packed", async () => {
  using cli = createPluginCli();
  const module = cli.write("judge.wasm", makeJudge("it", passing));
  const manifest = cli.write(
    "plugin.json",
    '{"kind":"connector","name":"it","version":"1.0.0","operations":{"read":{}}}',
  );
  const output = cli.folder.file("packed.wasm");
  const { code, errors } = await cli.run(["pack", module, "--manifest", manifest, "-o", output]);
  expect(code).toBe(1);
  expect(errors).toContain('its manifest needs a function "execute" that it exports; it exports judge');
  expect(existsSync(output)).toBeFalse();
});

test("info tells of a plugin, added or not, that may not run for want of a signature", async () => {
  using cli = createPluginCli();
  const path = cli.write("it.wasm", makeJudge("it", passing));
  await cli.run(["add", path, "--yes"]);
  for (const plugin of [path, "it"]) {
    expect((await cli.run(["info", plugin])).output).not.toContain("problem");
    const { output } = await cli.run(["info", plugin, "--require-signed", "on"]);
    expect(output).toMatch(/^problem +a signature of a trusted key is required, and it has none; /m);
  }
});

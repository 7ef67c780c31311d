import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { demoModelPath } from "../models.ts";
import { runProgram, startServe } from "../serve-process.ts";
import { createTemporaryFolder, type TemporaryFolder } from "../temporary-folder.ts";
import { writeTinyGguf } from "../tiny-gguf.ts";
import { expectError, post, readJson } from "./requests.ts";

setDefaultTimeout(60_000);

const demoModel = readFileSync(demoModelPath);
const question = { messages: [{ role: "user", content: "Reply with exactly: pong-42" }], temperature: 0 };

/** The built-in model with bytes changed. */
function changed(change: (bytes: Buffer) => void): Buffer {
  const bytes = Buffer.from(demoModel);
  change(bytes);
  return bytes;
}

type BadFile = readonly [what: string, says: RegExp, make: (folder: TemporaryFolder) => string];

function file(content: Uint8Array | string): BadFile[2] {
  return (folder) => {
    writeFileSync(folder.file("bad.gguf"), content);
    return folder.file("bad.gguf");
  };
}

const badFiles: readonly BadFile[] = [
  ["a file that is missing", /no such file|does not exist|there is no/i, (folder) => folder.file("bad.gguf")],
  ["a name that is no model", /there is no model "gpt-4"/, () => "gpt-4"],
  [
    "a folder",
    /is a folder|directory/i,
    (folder) => {
      mkdirSync(folder.file("bad.gguf"));
      return folder.file("bad.gguf");
    },
  ],
  [
    "a pipe",
    /not a (regular )?file|pipe/i,
    (folder) => {
      Bun.spawnSync(["mkfifo", folder.file("bad.gguf")]);
      return folder.file("bad.gguf");
    },
  ],
  ["a device", /not a (regular )?file|device/i, () => "/dev/zero"],
  ["an empty file", /GGUF|empty/i, file("")],
  ["random bytes", /is not a GGUF file/, file(crypto.getRandomValues(new Uint8Array(50_000)))],
  ["a GGUF cut off in its header", /is not a usable GGUF file/, file(demoModel.subarray(0, 1000))],
  [
    "a GGUF cut off in its tensors",
    /truncated|cut|ends|shorter|end of/i,
    file(demoModel.subarray(0, demoModel.length - 100_000)),
  ],
  ["a GGUF of another version", /version 99/, file(changed((bytes) => bytes.writeUInt32LE(99, 4)))],
  ["a GGUF of the other byte order", /byte order|endian/i, file(writeTinyGguf({ littleEndian: false }))],
  ["a GGUF that claims more keys than it has", /./, file(writeTinyGguf({ keyCount: 2n ** 60n }))],
  [
    "a sparse file of a terabyte",
    /GGUF/,
    (folder) => {
      writeFileSync(folder.file("bad.gguf"), "");
      truncateSync(folder.file("bad.gguf"), 2 ** 40);
      return folder.file("bad.gguf");
    },
  ],
];

describe.each(["serve", "run", "show"] as const)("%s of", (command) => {
  test.each(badFiles)("%s is one clear message and code 1", async (_, says, make) => {
    using folder = createTemporaryFolder();
    const model = make(folder);
    const argv = { serve: ["--port", "0", "--model", model], run: [model, "hello"], show: [model] };
    const { code, output, errors } = await runProgram([command, ...argv[command]]);
    expect({ errors, code, output }).toEqual({ errors: expect.stringMatching(says), code: 1, output: "" });
    const messages = errors.trim().split("\n");
    expect(messages).toHaveLength(1);
    expect(messages[0]).toMatch(/^hearth: .{20,400}$/);
  });
});

test("a model whose header is whole but whose engine cannot load it leaves the other one served", async () => {
  using folder = createTemporaryFolder();
  const absentTensor = changed((bytes) => bytes.write("x", bytes.indexOf("output_norm.weight")));
  writeFileSync(folder.file("broken.gguf"), absentTensor);
  await using server = await startServe(["--model", "hearth-demo", "--model", folder.file("broken.gguf")]);
  const good = await post(`${server.url}/v1/chat/completions`, { ...question, model: "hearth-demo" });
  expect(await readJson(good)).toMatchObject({ choices: [{ message: { content: "pong-42" } }] });
  const bad = await post(`${server.url}/v1/chat/completions`, { ...question, model: "broken" });
  expect(bad.status).toBeGreaterThanOrEqual(500);
  const { message } = await expectError(bad, bad.status);
  expect(message).toMatch(/output_norm|load/);
  expect(await readJson(await fetch(`${server.url}/health`))).toMatchObject({ status: "degraded" });
  expect((await fetch(`${server.url}/ready`)).status).toBe(200);
});

test("a path is served under its file's stem, beside the built-in model", async () => {
  using folder = createTemporaryFolder();
  writeFileSync(folder.file("My Model.v1.gguf"), demoModel);
  await using server = await startServe([
    "--model",
    folder.file("My Model.v1.gguf"),
    "--model",
    "hearth-demo",
  ]);
  const { data } = await readJson<{ data: { id: string }[] }>(await fetch(`${server.url}/v1/models`));
  expect(data.map(({ id }) => id)).toEqual(["My Model.v1", "hearth-demo"]);
  for (const model of ["My Model.v1", "hearth-demo"])
    expect((await post(`${server.url}/v1/chat/completions`, { ...question, model })).status).toBe(200);
  const unnamed = await post(`${server.url}/v1/chat/completions`, question);
  expect((await expectError(unnamed, 400)).param).toBe("model");
});

describe("a chat template", () => {
  const templates = {
    "cut off": "{% for message in messages %}{{ message.content",
    "with a tag that does not exist": "{% frobnicate %}",
    "with an end that nothing began": "{% endfor %}",
  };

  test.each(Object.entries(templates))(
    "%s is a 400 with its reason, and texts are still completed",
    async (_, template) => {
      using folder = createTemporaryFolder();
      writeFileSync(folder.file("template.jinja"), template);
      await using server = await startServe(["--chat-template", folder.file("template.jinja")]);
      for (const path of ["/v1/chat/completions", "/apply-template"]) {
        const { message } = await expectError(await post(server.url + path, question), 400);
        expect(message).toMatch(/chat template.*\(.{10,}\)/is);
      }
      expect((await post(`${server.url}/v1/completions`, { prompt: "Once", max_tokens: 3 })).status).toBe(
        200,
      );
    },
  );

  test("that raises on a request is a 400 that says what it said", async () => {
    using folder = createTemporaryFolder();
    const template =
      "{% for m in messages %}{% if 'rude' in m.content %}{{ raise_exception('mind your language') }}{% endif %}{{ m.content }}{% endfor %}";
    writeFileSync(folder.file("template.jinja"), template);
    await using server = await startServe(["--chat-template", folder.file("template.jinja")]);
    const refused = await post(`${server.url}/v1/chat/completions`, {
      messages: [{ role: "user", content: "rude" }],
    });
    expect((await expectError(refused, 400)).message).toContain("mind your language");
    expect((await post(`${server.url}/v1/chat/completions`, { ...question, max_tokens: 3 })).status).toBe(
      200,
    );
  });

  test("that is missing is one clear message", async () => {
    const { code, errors } = await runProgram(["serve", "--port", "0", "--chat-template", "absent.jinja"]);
    expect(code).toBeGreaterThan(0);
    expect(errors).toMatch(/^hearth: .*absent\.jinja.*\n$/);
  });
});

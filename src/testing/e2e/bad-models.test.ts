import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { encodeGguf, type GgufValue } from "../gguf/gguf-writer.ts";
import { createTinyModel, type TinyModelOptions, zeroTensor } from "../gguf/tiny-model.ts";
import { demoModelPath } from "../models.ts";
import { runProgram, startServe } from "../serve-process.ts";
import { createTemporaryFolder, type TemporaryFolder } from "../temporary-folder.ts";
import { writeTinyGguf } from "../tiny-gguf.ts";
import { expectError, post, readJson } from "./requests.ts";

setDefaultTimeout(60_000);

const maxFatalMs = 15_000;
const randomChanges = 8;
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

/** What reading the header is enough to refuse, one of each class; none of it reaches the engine. */
const refusedFiles: readonly (readonly [what: string, says: RegExp, file: TinyModelOptions])[] = [
  ["no attention heads", /head_count is 0/, { metadata: { "llama.attention.head_count": count(0) } }],
  ["a million layers", /from 1 to 512/, { metadata: { "llama.block_count": count(1_000_000) } }],
  ["heads that cannot share", /cannot share/, { metadata: { "llama.attention.head_count_kv": count(3) } }],
  ["unused experts", /uses 0 of 8 experts/, { metadata: { "llama.expert_count": count(8) } }],
  [
    "scores for one token alone",
    /one number for each/,
    { metadata: { "tokenizer.ggml.scores": { type: "float32s", value: [0] } } },
  ],
  ["no embeddings", /token_embd/, { tensors: [zeroTensor("output.weight", [32, 4])] }],
  [
    "a norm that no kernel takes",
    /stored as F16/,
    { tensors: [zeroTensor("token_embd.weight", [32, 4]), zeroTensor("output_norm.weight", [32], "F16")] },
  ],
  [
    "a template nested too deep",
    /nests blocks/,
    { metadata: { "tokenizer.chat_template": text("{% if x %}".repeat(10_000)) } },
  ],
  [
    "a template that counts for ever",
    /ten millions/,
    { metadata: { "tokenizer.chat_template": text("{{ range(4000000000) | list }}") } },
  ],
];

test.each(refusedFiles)("run and show of a model with %s say so in one line", async (_, says, options) => {
  using folder = createTemporaryFolder();
  writeFileSync(folder.file("bad.gguf"), encodeGguf(createTinyModel(options)));
  const path = folder.file("bad.gguf");
  const commands = [
    ["run", path, "hello", "--max-tokens", "4"],
    ["show", path, "--json"],
  ];
  for (const { code, output, errors } of await Promise.all(commands.map((argv) => runProgram(argv)))) {
    expect({ code, output, errors }).toEqual({ code: 1, output: "", errors: expect.stringMatching(says) });
    expect(errors).toMatch(/^hearth: .{20,400}\n$/);
  }
});

/** What only loading shows, one of each class: it ends the engine host and nothing else. */
const fatalFiles: readonly (readonly [
  what: string,
  change: (bytes: Buffer) => void,
  argv?: readonly string[],
])[] = [
  ["a tensor under another name", (bytes) => bytes.write("x", bytes.indexOf("output_norm.weight"))],
  ["another architecture's name", (bytes) => bytes.write("gemma", bytes.indexOf("llama"))],
  [
    "one token twice",
    (bytes) => bytes.copy(bytes, tokenAt(bytes, 1), tokenAt(bytes, 0), tokenAt(bytes, 0) + 12),
  ],
  ["a template that calls itself", withTemplate("{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}")],
  [
    "a template that never ends",
    withTemplate("{% for i in range(999999) %}{% for j in range(999999) %}{% endfor %}{% endfor %}"),
    ["--load-timeout", "2000"],
  ],
  [
    "a template that doubles its text",
    withTemplate(
      "{% set n = namespace(x='ab') %}{% for i in range(60) %}{% set n.x = n.x + n.x %}{% endfor %}{{ n.x }}",
    ),
    ["--host-memory", "256"],
  ],
];

test.each(fatalFiles)(
  "run of a model with %s is one clear message and code 1",
  async (_, change, argv = []) => {
    using folder = createTemporaryFolder();
    writeFileSync(folder.file("bad.gguf"), changed(change));
    const startedMs = performance.now();
    const options = ["--max-tokens", "4", "--log-format", "json", ...argv];
    const { code, output, errors } = await runProgram(["run", folder.file("bad.gguf"), "hello", ...options]);
    expect({ code, output, errors }).toEqual({ code: 1, output: "", errors: expect.any(String) });
    expect(messagesOf(errors)).toEqual([expect.stringMatching(/^hearth: .{20,}$/)]);
    expect(performance.now() - startedMs).toBeLessThan(maxFatalMs);
  },
);

test("models with random changes are answered from, or refused with one clear message", async () => {
  using folder = createTemporaryFolder();
  const outcomes = await Promise.all(
    Array.from({ length: randomChanges }, async (_, seed) => {
      const path = folder.file(`changed-${seed}.gguf`);
      writeFileSync(
        path,
        changed((bytes) => changeAnywhere(bytes, seed)),
      );
      const argv = ["run", path, "hello", "--max-tokens", "2", "--log-format", "json", "--threads", "1"];
      const { code, errors } = await runProgram([
        ...argv,
        "--host-memory",
        "1024",
        "--load-timeout",
        "20000",
      ]);
      return { seed, code, messages: messagesOf(errors) };
    }),
  );
  const answered = { seed: expect.any(Number), code: 0, messages: [] };
  const refused = {
    seed: expect.any(Number),
    code: 1,
    messages: [expect.stringMatching(/^hearth: .{20,}$/)],
  };
  for (const outcome of outcomes) expect(outcome).toEqual(outcome.code === 0 ? answered : refused);
});

/** What a command says to people: the log beside it is for machines. */
function messagesOf(errors: string): readonly string[] {
  return errors.split("\n").filter((line) => line !== "" && !line.startsWith("{"));
}

function count(value: number): GgufValue {
  return { type: "uint32", value };
}

function text(value: string): GgufValue {
  return { type: "string", value };
}

/** Puts a template in the place of the built-in model's, filled up with spaces. */
function withTemplate(template: string): (bytes: Buffer) => void {
  return (bytes) => {
    const lengthAt = bytes.indexOf("tokenizer.chat_template") + "tokenizer.chat_template".length + 4;
    const length = bytes.readUInt32LE(lengthAt);
    bytes.write(template.padEnd(length), lengthAt + 8);
  };
}

/** Where a token of four bytes begins with its length: the first, or a later one. */
function tokenAt(bytes: Buffer, index: number): number {
  const tokens = bytes.indexOf("tokenizer.ggml.tokens");
  let at = tokens;
  for (let found = -1; found < index; ) {
    at = bytes.indexOf(Uint8Array.of(4, 0, 0, 0, 0, 0, 0, 0), at + 1);
    found += 1;
  }
  return at;
}

/** Overwrites one to three numbers of the header with what a bad converter, or an attacker, would write. */
function changeAnywhere(bytes: Buffer, seed: number): void {
  const values = [0, 1, 7, 255, 513, 65_536, 2 ** 31 - 1, 2 ** 32 - 1];
  const keys = ["block_count", "embedding_length", "head_count", "head_count_kv", "rms_epsilon", "freq_base"];
  const places = [...keys, "context_length", "feed_forward_length", "dimension_count", "bos_token_id"];
  for (let change = 0; change <= seed % 3; change += 1) {
    const key = places[(seed * 7 + change * 3) % places.length] ?? "";
    const at = bytes.indexOf(key) + key.length + 4;
    bytes.writeUInt32LE(values[(seed * 5 + change) % values.length] ?? 0, at);
  }
}

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
  const reason = { name: "broken", error: expect.stringMatching(/output_norm|load/) };
  expect(await readJson(await fetch(`${server.url}/api/ps`))).toMatchObject({ broken: [reason] });
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
  expect(data.map(({ id }) => id)).toEqual(["My-Model.v1", "hearth-demo"]);
  for (const model of ["My-Model.v1", "hearth-demo"])
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

import { afterAll, beforeAll, expect, test } from "bun:test";
import { AppError } from "../base/index.ts";
import { packPlugin, saying, wasmCustomSection, writeGuest } from "../testing/index.ts";
import { PluginFailure } from "./failure.ts";
import { openTestPlugins } from "./plugins-fixture.ts";

type Plugins = ReturnType<typeof openTestPlugins>;
type Answer = {
  readonly ok: boolean;
  readonly output?: unknown;
  readonly failure?: { code: string; message: string };
};

let open: Plugins;
let count = 0;

beforeAll(() => {
  open = openTestPlugins();
});

afterAll(() => open[Symbol.asyncDispose]());

const version = "1.0.0";
const kinds = {
  judge: { manifest: { kind: "judge" }, input: { response: "r" }, export: "judge" },
  policy: {
    manifest: { kind: "policy", hooks: ["cache.serve"] },
    input: { hook: "cache.serve", query: "a", cachedQuery: "b", similarity: 1 },
    export: "decide",
  },
  connector: {
    manifest: { kind: "connector", operations: { get: {} } },
    input: { operation: "get", arguments: {} },
    export: "execute",
  },
} as const;

/** What a plugin of this kind is taken to have said when it says this. */
async function hear(kind: keyof typeof kinds, output: string | Uint8Array): Promise<Answer> {
  count += 1;
  const name = `says-${count}`;
  const { manifest, input, export: main } = kinds[kind];
  const module = writeGuest({
    functions: [{ code: (guest) => [guest.output(output)] }],
    exports: { [main]: 0 },
  });
  await open.plugins.add({ bytes: packPlugin(module, { ...manifest, name, version }), source: "test" });
  return await open.plugins.call(name, { input });
}

async function refusal(bytes: Uint8Array): Promise<{ readonly code: string; readonly message: string }> {
  try {
    await open.plugins.add({ bytes, source: "test" });
  } catch (error) {
    if (error instanceof PluginFailure || error instanceof AppError) return error;
    throw error;
  }
  return { code: "added", message: "" };
}

test.each([
  ["judge", '{"verdict":"pass","score":1e999}', "output_invalid"],
  ["judge", '{"verdict":"pass","score":2}', "output_invalid"],
  ["judge", '{"verdict":"pass","score":-1}', "output_invalid"],
  ["judge", '{"verdict":"pass","score":-0.0000001}', "output_invalid"],
  ["judge", '{"verdict":"pass","score":NaN}', "output_not_json"],
  ["judge", '{"verdict":"pass","score":"1"}', "output_invalid"],
  ["judge", '{"verdict":"pass","score":[0.5]}', "output_invalid"],
  ["judge", '{"verdict":"pass","metrics":{"a":1e999}}', "output_invalid"],
  ["judge", '{"verdict":"pass","metrics":[1]}', "output_invalid"],
  ["judge", '{"verdict":"pass","reasons":"none"}', "output_invalid"],
  ["judge", `{"verdict":"pass","reasons":[${'"r",'.repeat(100)}"r"]}`, "output_invalid"],
  ["judge", `{"verdict":"pass","reasons":["${"r".repeat(3_000)}"]}`, "output_invalid"],
  ["judge", '{"verdict":"PASS"}', "output_invalid"],
  ["judge", '{"verdict":["pass"]}', "output_invalid"],
  ["judge", "null", "output_invalid"],
  ["judge", "[]", "output_invalid"],
  ["judge", '"pass"', "output_invalid"],
  ["judge", "", "output_not_json"],
  ["judge", '{"verdict":"pass"}{"verdict":"fail"}', "output_not_json"],
  ["judge", '\ufeff{"verdict":"pass"}', "output_not_json"],
  ["judge", '{"verdict":"pass","constructor":{"prototype":{}}}', "output_invalid"],
  ["policy", '{"serve":"yes"}', "output_invalid"],
  ["policy", '{"serve":1}', "output_invalid"],
  ["policy", '{"admit":true}', "output_invalid"],
  ["policy", '{"verdict":"pass"}', "output_invalid"],
  ["connector", '{"data":1,"error":{"code":"c","message":"m"}}', "output_invalid"],
  ["connector", "{}", "output_invalid"],
  ["connector", '{"error":{"code":"","message":"m"}}', "output_invalid"],
  ["connector", '{"error":"broken"}', "output_invalid"],
] as const)("a %s that says %s has failed", async (kind, output, code) => {
  expect(await hear(kind, output)).toMatchObject({ ok: false, failure: { code } });
});

test.each([
  ["judge", `{"verdict":"pass","metrics":{${'"k":1,'.repeat(100_000)}"k":1}}`],
  ["judge", `{"verdict":"pass","reasons":[${"[],".repeat(100_000)}[]]}`],
  ["policy", `{"serve":true,${'"k":1,'.repeat(100_000)}"k":1}`],
  ["connector", `{"data":[${"{},".repeat(200_000)}{}]}`],
] as const)(
  "a %s with more values than the server should look at has failed before it does",
  async (kind, output) => {
    expect(await hear(kind, output)).toMatchObject({ failure: { code: "output_too_large" } });
  },
);

test("commas and brackets in a text are no values", async () => {
  const text = ",[{".repeat(100_000);
  expect(await hear("connector", `{"data":"${text}"}`)).toMatchObject({ output: { data: text } });
});

test("an output with keys of prototypes changes no object", async () => {
  const polluted = '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}';
  await hear("judge", `{"verdict":"pass","metrics":${polluted}}`);
  await hear("judge", '{"verdict":"pass","__proto__":{"score":0.5}}');
  const { output } = await hear("connector", `{"data":${polluted}}`);
  expect(Reflect.get({}, "polluted")).toBeUndefined();
  expect(Reflect.get(Object(output), "polluted")).toBeUndefined();
});

test("a score that hides behind a prototype is none", async () => {
  const answer = await hear("judge", '{"verdict":"pass","__proto__":{"score":0.5}}');
  expect(answer.ok ? Reflect.get(Object(answer.output), "score") : undefined).toBeUndefined();
});

test("a failure tells little of what a guest has written, and none of its control characters", async () => {
  const key = `\\u001b[2J${"k".repeat(100_000)}`;
  for (const output of [
    `{"verdict":"pass","metrics":{"${key}":"x"}}`,
    `{"verdict":"pass","${key}":1}`,
    `{"verdict":"${key}"}`,
  ]) {
    const { failure } = await hear("judge", output);
    expect(failure?.code).toBe("output_invalid");
    expect(failure?.message.length).toBeLessThan(1_000);
    expect(failure?.message).not.toContain("\u001b");
  }
});

const judge = writeGuest({ functions: [{ code: () => [] }] });
const manifest = (content: string | Uint8Array) =>
  new Uint8Array([
    ...judge,
    ...wasmCustomSection(
      "hearth:manifest",
      typeof content === "string" ? new TextEncoder().encode(content) : content,
    ),
  ]);

test.each([
  ["100,000 levels deep", manifest("[".repeat(100_000))],
  ["of closed levels, 50,000 deep", manifest(`{"a":${"[".repeat(50_000)}${"]".repeat(50_000)}}`)],
  ["that is not UTF-8", manifest(Uint8Array.of(0xff, 0xfe, 0x7b, 0x7d))],
  ["that is empty", manifest("")],
  ["that is null", manifest("null")],
  [
    "with a name that leads out of its folder",
    manifest('{"kind":"judge","name":"../../evil","version":"1.0.0"}'),
  ],
  ["with a name of a prototype", manifest('{"kind":"judge","name":"__proto__","version":"1.0.0"}')],
  [
    "with a permission that does not exist",
    manifest('{"kind":"judge","name":"a","version":"1.0.0","permissions":{"fs":{"reason":"r"}}}'),
  ],
  [
    "with a permission without a reason",
    manifest('{"kind":"judge","name":"a","version":"1.0.0","permissions":{"kv":{"reason":" "}}}'),
  ],
  [
    "that asks for every host",
    manifest(
      '{"kind":"judge","name":"a","version":"1.0.0","permissions":{"http":{"reason":"r","hosts":["*"]}}}',
    ),
  ],
  ["of another kind", manifest('{"kind":"virus","name":"a","version":"1.0.0"}')],
])("a manifest %s is refused", async (_, bytes) => {
  const { code, message } = await refusal(bytes);
  expect(code).toBe("manifest_invalid");
  expect(message.length).toBeLessThan(1_000);
});

test("a manifest larger than one may be is refused", async () => {
  expect((await refusal(manifest(" ".repeat(300_000)))).code).toBe("module_too_large");
});

test("a signature section of garbage is refused", async () => {
  for (const content of [[], [1, 2, 3], new Uint8Array(4_000).fill(0xff)]) {
    const packed = packPlugin(saying("{}"), { kind: "judge", name: "signed", version });
    const bytes = new Uint8Array([...packed, ...wasmCustomSection("hearth:signature", content)]);
    expect((await refusal(bytes)).code).toBe("signature_invalid");
  }
});

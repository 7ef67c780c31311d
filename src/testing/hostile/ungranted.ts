import { joinWasm, type WasmBytes } from "../wasm-writer.ts";
import { forever, type HostFunctionName, i64Const, op, writeGuest } from "./guest-writer.ts";
import type { HostileModule } from "./hostile-module.ts";

/** Sends this, and answers with what comes back. */
export function sending(request: string, body = ""): Uint8Array<ArrayBuffer> {
  return writeGuest({
    functions: [
      {
        locals: [{ count: 1, type: "i64" }],
        code: ({ text, host }) => [
          text(request),
          body === "" ? i64Const(0n) : text(body),
          joinWasm([host("http_request"), [op.localTee, 0]]),
          joinWasm([[op.localGet, 0], host("length"), host("output_set")]),
        ],
      },
    ],
  });
}

function asking(name: HostFunctionName, request: string): Uint8Array {
  const hasAnswer = name !== "kv_delete";
  return writeGuest({
    functions: [{ code: ({ text, host }) => [text(request), host(name), ...(hasAnswer ? [[op.drop]] : [])] }],
  });
}

const granted = { http: { hosts: ["example.com", "localhost", "127.0.0.1", "169.254.169.254", "[::1]"] } };
const get = (url: string, headers?: Readonly<Record<string, string>>) =>
  JSON.stringify({ method: "GET", url, ...(headers && { headers }) });

/** A request that is refused before anything is sent, and why. */
const requests: readonly (readonly [what: string, request: string, code: HostileModule["expect"][number]])[] =
  [
    ["the scheme file", get("file:///etc/passwd"), "http_scheme"],
    ["the scheme ftp", get("ftp://example.com/"), "http_scheme"],
    ["the scheme data", get("data:text/plain,hello"), "http_scheme"],
    ["the scheme blob", get("blob:https://example.com/1"), "http_scheme"],
    ["a user name", get("http://root:secret@example.com/"), "http_invalid"],
    ["another host behind a user name", get("http://example.com@evil.test/"), "http_invalid"],
    ["another host", get("http://evil.test/"), "http_host_not_granted"],
    ["a host that ends like a granted one", get("http://notexample.com/"), "http_host_not_granted"],
    ["a host below a granted one", get("http://a.example.com/"), "http_host_not_granted"],
    ["another port", get("http://example.com:8080/"), "http_host_not_granted"],
    ["a loopback address", get("http://127.0.0.1/"), "http_address_blocked"],
    ["a loopback address as one number", get("http://2130706433/"), "http_address_blocked"],
    ["a loopback address in octal", get("http://0177.0.0.1/"), "http_address_blocked"],
    ["a loopback address in hexadecimal", get("http://0x7f000001/"), "http_address_blocked"],
    ["a loopback address cut short", get("http://127.1/"), "http_address_blocked"],
    ["a loopback address in other digits", get("http://１２７.０.０.１/"), "http_address_blocked"],
    ["a loopback address of IPv6", get("http://[::1]/"), "http_address_blocked"],
    ["a name that resolves to loopback", get("http://localhost/"), "http_address_blocked"],
    ["the metadata of a cloud", get("http://169.254.169.254/latest/meta-data/"), "http_address_blocked"],
    [
      "a header with a line end",
      get("https://example.com/", { "x-a": "1\r\nHost: evil.test" }),
      "http_invalid",
    ],
    ["a header name with a line end", get("https://example.com/", { "x-a: 1\r\nx-b": "1" }), "http_invalid"],
    ["the header Host", get("https://example.com/", { Host: "evil.test" }), "http_invalid"],
    ["a length of its own", get("https://example.com/", { "content-length": "9" }), "http_invalid"],
    ["chunks of its own", get("https://example.com/", { "Transfer-Encoding": "chunked" }), "http_invalid"],
    ["an upgrade", get("https://example.com/", { Connection: "upgrade", Upgrade: "h2c" }), "http_invalid"],
    [
      "a method with a line end",
      '{"method":"GET / HTTP/1.1\\r\\nX: y","url":"https://example.com/"}',
      "http_invalid",
    ],
    ["the method CONNECT", '{"method":"CONNECT","url":"https://example.com/"}', "http_invalid"],
    ["a URL of 100,000 characters", get(`https://example.com/${"a".repeat(100_000)}`), "http_invalid"],
    ["a URL that is none", get("https://"), "http_invalid"],
    ["a request that is no JSON", "GET / HTTP/1.1", "http_invalid"],
    ["a request that is no object", "[]", "http_invalid"],
    ["a request whose URL is a number", '{"url":7}', "http_invalid"],
    ["a request nested 100,000 deep", `{"url":${"[".repeat(100_000)}`, "http_invalid"],
    ["headers that are a list", '{"url":"https://example.com/","headers":["a"]}', "http_invalid"],
    [
      "headers of a prototype",
      '{"url":"https://example.com/","headers":{"__proto__":"x\\ny"}}',
      "http_invalid",
    ],
  ];

const mapped = { http: { hosts: ["[::ffff:127.0.0.1]", "[::ffff:7f00:1]"] } };

export const httpTricks: readonly HostileModule[] = [
  ...requests.map(([what, request, code]) => ({
    name: `an HTTP request with ${what}`,
    make: () => sending(request),
    call: { grants: granted },
    expect: [code],
  })),
  {
    name: "an HTTP request with a loopback address in IPv6",
    make: () => sending(get("http://[::ffff:127.0.0.1]/")),
    call: { grants: mapped },
    expect: ["http_address_blocked", "http_host_not_granted"],
  },
  {
    name: "an HTTP request with a body above its limit",
    make: () => sending('{"method":"POST","url":"https://example.com/"}', "x".repeat(2_000)),
    call: { grants: granted, limits: { httpRequestBytes: 1_000 } },
    expect: ["http_too_large"],
  },
  {
    name: "an HTTP request without a grant",
    make: () => sending(get("https://example.com/")),
    expect: ["not_granted"],
  },
];

const questions: readonly (readonly [name: HostFunctionName, request: string])[] = [
  ["kv_get", "key"],
  ["kv_delete", "key"],
  ["kv_list", ""],
  ["generate", '{"prompt":"hello"}'],
  ["embed", '{"model":"m","texts":["hello"]}'],
  ["sql", "select 1"],
  ["config_get", "password"],
  ["config_get", "__proto__"],
  ["config_get", "constructor"],
];

/** Guests that use what nobody has granted them. */
export const ungranted: readonly HostileModule[] = [
  ...questions.map(([name, request]) => ({
    name: `${name} of ${JSON.stringify(request)} without a grant`,
    make: () => asking(name, request),
    expect: ["not_granted"] as const,
  })),
  {
    name: "kv_set without a grant",
    make: () =>
      writeGuest({ functions: [{ code: ({ text, host }) => [text("k"), text("v"), host("kv_set")] }] }),
    expect: ["not_granted"],
  },
  {
    name: "a config key beside the granted ones",
    make: () => asking("config_get", "password"),
    call: { grants: { config: { keys: ["color"] } }, config: { password: "hunter2", color: "red" } },
    expect: ["not_granted"],
  },
  {
    name: "a question in a start function",
    make: () =>
      writeGuest({
        functions: [{ code: () => [] }, { code: ({ text, host }) => [text("k"), host("kv_get"), [op.drop]] }],
        start: 1,
      }),
    call: { grants: { kv: {} } },
    expect: ["not_granted"],
  },
  {
    name: "questions without end",
    make: () =>
      writeGuest({
        functions: [
          { code: ({ text, host }) => [forever(text("k"), host("kv_get"), [op.drop] satisfies WasmBytes)] },
        ],
      }),
    call: { grants: { kv: {} }, limits: { hostCalls: 50 } },
    expect: ["call_limit"],
  },
  {
    name: "variables without end",
    make: () =>
      writeGuest({
        functions: [{ code: ({ text, host }) => [forever(text("k"), host("var_get"), [op.drop])] }],
      }),
    call: { limits: { hostCalls: 50 } },
    expect: ["call_limit"],
  },
];

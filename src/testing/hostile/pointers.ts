import { joinWasm, type WasmBytes, wasmI32Const } from "../wasm-writer.ts";
import { type GuestWriter, type HostFunctionName, i64Const, op, writeGuest } from "./guest-writer.ts";
import type { HostileModule } from "./hostile-module.ts";

const drop: WasmBytes = [op.drop];
const valid = "good";

/** Every function that takes an address: how it is called with this one, what else it takes being right. */
const uses: readonly (readonly [
  name: HostFunctionName,
  what: string,
  use: (writer: GuestWriter, address: WasmBytes) => readonly WasmBytes[],
])[] = [
  ["load_u8", "", ({ host }, address) => [address, host("load_u8"), drop]],
  ["load_u64", "", ({ host }, address) => [address, host("load_u64"), drop]],
  ["store_u8", "", ({ host }, address) => [address, wasmI32Const(1), host("store_u8")]],
  ["store_u64", "", ({ host }, address) => [address, i64Const(1n), host("store_u64")]],
  ["input_load_u8", "", ({ host }, address) => [address, host("input_load_u8"), drop]],
  ["input_load_u64", "", ({ host }, address) => [address, host("input_load_u64"), drop]],
  ["output_set", "", ({ host }, address) => [address, i64Const(1n), host("output_set")]],
  ["output_set", " as a length", ({ host, text }, address) => [text(valid), address, host("output_set")]],
  ["error_set", "", ({ host }, address) => [address, host("error_set")]],
  ["config_get", "", ({ host }, address) => [address, host("config_get"), drop]],
  ["var_get", "", ({ host }, address) => [address, host("var_get"), drop]],
  ["var_set", " as a name", ({ host, text }, address) => [address, text(valid), host("var_set")]],
  ["var_set", " as a value", ({ host, text }, address) => [text(valid), address, host("var_set")]],
  ["log_info", "", ({ host }, address) => [address, host("log_info")]],
  ["http_request", "", ({ host }, address) => [address, i64Const(0n), host("http_request"), drop]],
  [
    "http_request",
    " as a body",
    ({ host, text }, address) => [
      text('{"method":"POST","url":"https://example.com/"}'),
      address,
      joinWasm([host("http_request"), drop]),
    ],
  ],
  ["kv_get", "", ({ host }, address) => [address, host("kv_get"), drop]],
  ["kv_set", " as a key", ({ host, text }, address) => [address, text(valid), host("kv_set")]],
  ["kv_set", " as a value", ({ host, text }, address) => [text(valid), address, host("kv_set")]],
  ["kv_delete", "", ({ host }, address) => [address, host("kv_delete")]],
  ["kv_list", "", ({ host }, address) => [address, host("kv_list"), drop]],
  ["generate", "", ({ host }, address) => [address, host("generate"), drop]],
  ["embed", "", ({ host }, address) => [address, host("embed"), drop]],
];

const addresses = [-1n, 2n ** 63n - 1n, -(2n ** 63n), 2n ** 32n, 2n ** 53n, 4n] as const;

const grants = {
  kv: {},
  generate: true,
  embed: true,
  http: { hosts: ["example.com"] },
  config: { keys: ["key"] },
} as const;

/** Addresses outside every block, for every function of the host that takes one. */
export const wildPointers: readonly HostileModule[] = uses.flatMap(([name, what, use]) =>
  addresses
    .filter((address) => what !== " as a length" || address !== 4n)
    .map((address) => ({
      name: `${name} of the address ${address}${what}`,
      make: () => writeGuest({ functions: [{ code: (writer) => use(writer, i64Const(address)) }] }),
      call: { grants },
      expect: ["bad_pointer"] as const,
    })),
);

const takesBlocks = uses.filter(([name]) => !/load|store/.test(name) && !name.startsWith("input"));

/** Addresses inside the memory that guest and host share, where no block begins. */
export const stalePointers: readonly HostileModule[] = takesBlocks
  .filter(([, what]) => what !== " as a length")
  .flatMap(([name, what, use]) => [
    {
      name: `${name} of the middle of a block${what}`,
      make: () =>
        writeGuest({
          functions: [
            {
              code: (writer) => [
                ...use(writer, joinWasm([writer.text("a block of some length"), i64Const(4n), [0x7c]])),
              ],
            },
          ],
        }),
      call: { grants },
      expect: ["bad_pointer"] as const,
    },
    {
      name: `${name} of a block that was freed${what}`,
      make: () =>
        writeGuest({
          functions: [
            {
              locals: [{ count: 1, type: "i64" }],
              code: (writer) => [
                joinWasm([writer.text("gone"), [op.localTee, 0], writer.host("free")]),
                ...use(writer, [op.localGet, 0]),
              ],
            },
          ],
        }),
      call: { grants },
      expect: ["bad_pointer"] as const,
    },
  ]);

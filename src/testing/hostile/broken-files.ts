import { joinWasm, wasmName, wasmPreamble, wasmSection, writeWasm } from "../wasm-writer.ts";
import { writeGuest } from "./guest-writer.ts";
import type { HostileModule } from "./hostile-module.ts";

const encoder = new TextEncoder();
const pngHead = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/** An import of the kind that the bytes after its name tell. */
function importing(module: string, name: string, kind: readonly number[]): Uint8Array {
  return joinWasm([
    wasmPreamble,
    wasmSection(1, [1, 0x60, 0, 0]),
    wasmSection(2, joinWasm([[1], wasmName(module), wasmName(name), kind])),
  ]);
}

const imports: readonly (readonly [what: string, module: Uint8Array])[] = [
  ["a module that is not there", importing("env", "system", [0, 0])],
  ["a function that is not there", importing("extism:host/env", "exec", [0, 0])],
  ["a function of Hearth that is not there", importing("extism:host/user", "shell", [0, 0])],
  ["a name of JavaScript's objects", importing("__proto__", "constructor", [0, 0])],
  ["a property that every object has", importing("extism:host/env", "hasOwnProperty", [0, 0])],
  ["a memory", importing("extism:host/env", "memory", [2, 0, 1])],
  ["a table", importing("extism:host/env", "table", [1, 0x70, 0, 1])],
  ["a global", importing("extism:host/env", "alloc", [3, 0x7f, 0])],
  ["the next version of WASI", importing("wasi:cli/environment@0.2.0", "get-environment", [0, 0])],
  ["the name that WASI has inside the host", importing("hearth:wasi", "fd_write", [0, 0])],
];

/** Files that are no plugins, or plugins of something else. */
export const brokenFiles: readonly HostileModule[] = [
  { name: "an empty file", make: () => new Uint8Array(), expect: ["module_invalid"] },
  { name: "a text", make: () => encoder.encode("(module)\n"), expect: ["module_invalid"] },
  { name: "a picture", make: () => Uint8Array.from(pngHead), expect: ["module_invalid"] },
  {
    name: "a module of another version",
    make: () => Uint8Array.of(0, 0x61, 0x73, 0x6d, 9, 0, 0, 0),
    expect: ["module_unsupported"],
  },
  {
    name: "a component",
    make: () => Uint8Array.of(0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0, 0x07, 0x02),
    expect: ["module_component"],
  },
  {
    name: "a function whose code does not fit its type",
    make: () => writeGuest({ functions: [{ results: ["i32"], code: () => [] }] }),
    expect: ["module_invalid"],
  },
  {
    name: "a module without the export",
    make: () => writeGuest({ functions: [{ code: () => [] }], exports: { other: 0 } }),
    expect: ["plugin_not_implemented"],
  },
  {
    name: "an export that is no function",
    make: () => writeWasm({ memories: [{ min: 1 }], exports: [{ name: "run", kind: "memory", index: 0 }] }),
    expect: ["plugin_not_implemented"],
  },
  {
    name: "an export with a name of the host's",
    make: () => writeGuest({ functions: [{ code: () => [] }], exports: { run: 0, "hearth:memory": 0 } }),
    expect: ["module_unsupported"],
  },
  ...imports.map(([what, module]) => ({
    name: `an import of ${what}`,
    make: () => module,
    expect: ["import_unknown"] as const,
  })),
];

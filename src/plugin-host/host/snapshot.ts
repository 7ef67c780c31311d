import type { PreparedModule } from "../wasm/prepare-module.ts";
import type { GuestExports } from "./engine-globals.ts";

/** A larger memory is cheaper to make anew than to write over after every call. */
const maxSnapshotBytes = 2 * 1_048_576;

export type Snapshot = {
  /** Puts all that the guest can change back; false where it has grown what cannot shrink. */
  restore(): boolean;
};

type Restorer = () => boolean;

/** All state of a started guest: memory, mutable globals, tables. Undefined where it is too much to keep. */
export function createSnapshot(exports: GuestExports, prepared: PreparedModule): Snapshot | undefined {
  const restorers: Restorer[] = [];
  const memory = prepared.memoryExport === undefined ? undefined : exports[prepared.memoryExport];
  if (memory instanceof WebAssembly.Memory) {
    if (memory.buffer.byteLength > maxSnapshotBytes) return undefined;
    restorers.push(keepMemory(memory));
  }
  for (const name of prepared.globalExports) {
    const global = exports[name];
    if (global instanceof WebAssembly.Global) restorers.push(keepGlobal(global));
  }
  for (const name of prepared.tableExports) {
    const table = exports[name];
    if (table instanceof WebAssembly.Table) restorers.push(keepTable(table));
  }
  return { restore: () => restorers.every((restore) => restore()) };
}

/** Zeros at the end need no copy. */
function keepMemory(memory: WebAssembly.Memory): Restorer {
  const whole = new Uint8Array(memory.buffer);
  let used = whole.byteLength;
  while (used > 0 && whole[used - 1] === 0) used -= 1;
  const content = whole.slice(0, used);
  const bytes = whole.byteLength;
  return () => {
    if (memory.buffer.byteLength !== bytes) return false;
    const now = new Uint8Array(memory.buffer);
    now.set(content);
    now.fill(0, used);
    return true;
  };
}

function keepGlobal(global: WebAssembly.Global): Restorer {
  const { value } = global;
  return () => {
    global.value = value;
    return true;
  };
}

function keepTable(table: WebAssembly.Table): Restorer {
  const elements = Array.from({ length: table.length }, (_, index) => table.get(index));
  return () => {
    if (table.length !== elements.length) return false;
    for (const [index, element] of elements.entries()) {
      if (table.get(index) !== element) table.set(index, element);
    }
    return true;
  };
}

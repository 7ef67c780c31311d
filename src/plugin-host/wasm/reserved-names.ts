/** Names that stand for the host's own things in a prepared module; no guest may use them. */
export const reservedPrefix = "hearth:";

/** The module that a guest imports WASI from. */
export const guestWasiModule = "wasi_snapshot_preview1";
/** Its name in a prepared module; Extism under Bun throws on the original one. */
export const wasiModule = "hearth:wasi";

/** The module that a guest imports Extism's functions from. */
export const guestExtismModule = "extism:host/env";
/** Its name in a prepared module; under the original one Extism puts its own HTTP in the place of what it is given. */
export const extismModule = "hearth:extism";

/** What the start section named. */
export const startExport = "hearth:start";
export const memoryExport = "hearth:memory";

/** The index of a mutable global or a table makes its name. */
export function globalExport(index: number): string {
  return `${reservedPrefix}global:${index}`;
}

export function tableExport(index: number): string {
  return `${reservedPrefix}table:${index}`;
}

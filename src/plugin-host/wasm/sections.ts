import { PluginFailure } from "../failure.ts";
import { ByteReader, invalidModule } from "./byte-reader.ts";
import { checkComplexity } from "./complexity.ts";

export const sectionIds = {
  custom: 0,
  type: 1,
  import: 2,
  function: 3,
  table: 4,
  memory: 5,
  global: 6,
  export: 7,
  start: 8,
  element: 9,
  code: 10,
  data: 11,
  dataCount: 12,
  tag: 13,
} as const;

/** The order in which the sections of a module stand; each at most once, but custom ones anywhere. */
export const sectionOrder: readonly number[] = [
  sectionIds.type,
  sectionIds.import,
  sectionIds.function,
  sectionIds.table,
  sectionIds.memory,
  sectionIds.global,
  sectionIds.export,
  sectionIds.start,
  sectionIds.element,
  sectionIds.dataCount,
  sectionIds.code,
  sectionIds.data,
];

export type Section = {
  readonly id: number;
  /** Offset of the byte with its id. */
  readonly start: number;
  readonly bodyStart: number;
  readonly end: number;
};

/** `\\0asm` and version 1. */
export const modulePreamble = Uint8Array.of(0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00);
const preambleBytes = modulePreamble.length;
const magic = 0x0061_736d;
const moduleVersion = 0x0100_0000;
const componentVersion = 0x0d00_0100;

/**
 * Where the sections of a module lie; their bodies are not looked at. Throws PluginFailure module_invalid,
 * module_component, module_unsupported or module_too_large.
 */
export function readSections(bytes: Uint8Array): Section[] {
  checkPreamble(bytes);
  const reader = new ByteReader(bytes, preambleBytes);
  const sections: Section[] = [];
  let place = -1;
  while (reader.remaining > 0) {
    const start = reader.position;
    const id = reader.readByte();
    const size = reader.readU32();
    const bodyStart = reader.position;
    reader.readRange(size);
    sections.push({ id, start, bodyStart, end: reader.position });
    checkComplexity("sections", sections.length);
    if (id === sectionIds.custom) continue;
    if (id === sectionIds.tag) throw unsupportedExceptions();
    const nextPlace = sectionOrder.indexOf(id);
    if (nextPlace < 0) {
      throw new PluginFailure("module_unsupported", `the module has a section of the unknown kind ${id}`);
    }
    if (nextPlace <= place) throw invalidModule(`section ${id} at byte ${start} is double or out of order`);
    place = nextPlace;
  }
  return sections;
}

/** A guest that handles exceptions could catch what the host throws to end it. */
function unsupportedExceptions(): PluginFailure {
  const message = "the module handles exceptions, which plugins may not; build it without them";
  return new PluginFailure("module_unsupported", message);
}

function checkPreamble(bytes: Uint8Array): void {
  if (bytes.length < preambleBytes) throw invalidModule(`it has ${bytes.length} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, preambleBytes);
  if (view.getUint32(0) !== magic) throw invalidModule("it does not begin with \\0asm");
  const version = view.getUint32(4);
  if (version === moduleVersion) return;
  if (version === componentVersion) {
    throw new PluginFailure(
      "module_component",
      "the file is a WebAssembly component; build a core module instead, such as for wasm32-unknown-unknown or wasm32-wasip1",
    );
  }
  const shown = version.toString(16).padStart(8, "0");
  throw new PluginFailure("module_unsupported", `the module is of the unknown version ${shown}; expected 1`);
}

import { PluginFailure } from "../failure.ts";
import { ByteReader, invalidModule } from "./byte-reader.ts";
import { concatBytes, encodeName, encodeSection } from "./byte-writer.ts";
import { checkComplexity } from "./complexity.ts";
import { printable } from "./printable.ts";
import { readSections, type Section, sectionIds } from "./sections.ts";

export const manifestSection = "hearth:manifest";
export const signatureSection = "hearth:signature";

/** Bytes that the content of these sections may have. */
export const maxManifestBytes = 256 * 1024;
export const maxSignatureBytes = 4 * 1024;

const maxContentBytes: ReadonlyMap<string, number> = new Map([
  [manifestSection, maxManifestBytes],
  [signatureSection, maxSignatureBytes],
]);

export type CustomSection = {
  readonly name: string;
  /** A view of the module's bytes. */
  readonly content: Uint8Array;
  /** Where the whole section lies in the module. */
  readonly start: number;
  readonly end: number;
};

/** In the order of the file. Throws PluginFailure as `readSections`, and for a double or too large one of ours. */
export function readCustomSections(bytes: Uint8Array): CustomSection[] {
  return parseCustomSections(bytes, readSections(bytes));
}

/** As `readCustomSections`, for sections that were found already. */
export function parseCustomSections(bytes: Uint8Array, sections: readonly Section[]): CustomSection[] {
  const found = sections
    .filter(({ id }) => id === sectionIds.custom)
    .map(({ start, bodyStart, end }) => {
      const reader = new ByteReader(bytes, bodyStart, end);
      const name = reader.readName();
      return { name, content: reader.readBytes(reader.remaining), start, end };
    });
  checkComplexity(
    "customSectionBytes",
    found.reduce((total, { start, end }) => total + end - start, 0),
  );
  for (const [name] of maxContentBytes) {
    const same = found.filter((section) => section.name === name);
    if (same.length > 1) throw invalidModule(`it has ${same.length} sections ${name}`);
    for (const { content } of same) checkContent(name, content);
  }
  return found;
}

/** The content of the first custom section of this name, a view; undefined where there is none. */
export function readCustomSection(bytes: Uint8Array, name: string): Uint8Array | undefined {
  return readCustomSections(bytes).find((section) => section.name === name)?.content;
}

/** The module with this custom section at its end, instead of those of the same name. */
export function withCustomSection(
  bytes: Uint8Array,
  name: string,
  content: Uint8Array,
): Uint8Array<ArrayBuffer> {
  checkContent(name, content);
  const body = concatBytes([encodeName(name), content]);
  return concatBytes([withoutCustomSection(bytes, name), ...encodeSection(sectionIds.custom, body)]);
}

/** The module without its custom sections of this name. */
export function withoutCustomSection(bytes: Uint8Array, name: string): Uint8Array<ArrayBuffer> {
  const pieces: Uint8Array[] = [];
  let kept = 0;
  for (const section of readCustomSections(bytes)) {
    if (section.name !== name) continue;
    pieces.push(bytes.subarray(kept, section.start));
    kept = section.end;
  }
  return concatBytes([...pieces, bytes.subarray(kept)]);
}

function checkContent(name: string, content: Uint8Array): void {
  const most = maxContentBytes.get(name) ?? Number.POSITIVE_INFINITY;
  if (content.length <= most) return;
  throw new PluginFailure(
    "module_too_large",
    `the section ${printable(name)} has ${content.length} bytes; at most ${most} are allowed`,
  );
}

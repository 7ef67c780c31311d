import { isIPv4, isIPv6 } from "node:net";
import { type AddressClass, addressTable, embeddingTable, type Reach, reachTable } from "./address-table.ts";

type Range = { readonly bytes: readonly number[]; readonly fromBit: number; readonly toBit: number };

const ipv4Bytes = 4;
const severity: readonly Reach[] = ["open", "private", "never"];

type Ranges = ReturnType<typeof readRanges>;
let ranges: Ranges | undefined;

function readRanges() {
  return {
    classes: addressTable.map((row) => ({ range: parseRange(row.range), class: row.class })),
    embeddings: embeddingTable.map((row) => ({
      range: parseRange(row.range, row.fromBit),
      at: row.at,
      mask: row.isInverted ? 0xff : 0,
    })),
  };
}

/** 4 bytes of an IPv4 or 16 of an IPv6 address; undefined for anything else, addresses with a zone included. */
export function parseAddress(text: string): readonly number[] | undefined {
  if (isIPv4(text)) return text.split(".").map(Number);
  if (!isIPv6(text) || text.includes("%")) return undefined;
  const [head = "", tail] = text.split("::");
  const before = parseGroups(head);
  const after = parseGroups(tail ?? "");
  const zeros = Array.from({ length: 16 - before.length - after.length }, () => 0);
  return [...before, ...zeros, ...after];
}

/** The class of an address as a resolver or a URL writes it; what cannot be read is `reserved`. */
export function classifyAddress(text: string): AddressClass {
  const bytes = parseAddress(text);
  if (bytes === undefined) return "reserved";
  ranges ??= readRanges();
  return classify(bytes, ranges);
}

function classify(bytes: readonly number[], ranges: Ranges): AddressClass {
  const own = ranges.classes.find((row) => holds(row.range, bytes))?.class ?? "reserved";
  const inner = ranges.embeddings
    .filter((row) => holds(row.range, bytes))
    .map((row) =>
      classify(
        bytes.slice(row.at, row.at + ipv4Bytes).map((byte) => byte ^ row.mask),
        ranges,
      ),
    );
  return inner.reduce(
    (worst, found) =>
      severity.indexOf(reachTable[found]) > severity.indexOf(reachTable[worst]) ? found : worst,
    own,
  );
}

function parseGroups(text: string): number[] {
  if (text === "") return [];
  return text.split(":").flatMap((group) => {
    if (group.includes(".")) return group.split(".").map(Number);
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
}

function parseRange(text: string, fromBit = 0): Range {
  const [address = "", bits] = text.split("/");
  return { bytes: parseAddress(address) ?? [], fromBit, toBit: Number(bits) };
}

function holds(range: Range, bytes: readonly number[]): boolean {
  if (range.bytes.length !== bytes.length) return false;
  return bytes.every((byte, index) => {
    const bits = Math.min(8, Math.max(0, range.toBit - index * 8));
    const mask = index * 8 < range.fromBit ? 0 : (0xff << (8 - bits)) & 0xff;
    return (byte & mask) === ((range.bytes[index] ?? 0) & mask);
  });
}

import { expect, test } from "bun:test";
import fc from "fast-check";
import { type AddressClass, addressTable, embeddingTable, reachTable } from "./address-table.ts";
import { classifyAddress, parseAddress } from "./classify-address.ts";

const closedIpv4 = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/4",
  "240.0.0.0/4",
] as const;

const closedAddress = fc.tuple(fc.constantFrom(...closedIpv4), fc.nat(0xffffffff)).map(([range, random]) => {
  const [base = "", bits = ""] = range.split("/");
  const start = base.split(".").reduce((value, part) => value * 256 + Number(part), 0);
  return start + (random % 2 ** (32 - Number(bits)));
});

/** Every way to write an IPv4 address that reaches it, by whichever gateway. */
const notations: Readonly<Record<string, (address: number) => string>> = {
  dotted: (address) => toBytes(address).join("."),
  decimal: String,
  hexadecimal: (address) => `0x${address.toString(16)}`,
  octal: (address) => `0${address.toString(8)}`,
  "octal parts": (address) =>
    toBytes(address)
      .map((byte) => `0${byte.toString(8)}`)
      .join("."),
  "hexadecimal parts": (address) =>
    toBytes(address)
      .map((byte) => `0x${byte.toString(16)}`)
      .join("."),
  "two parts": (address) => `${address >>> 24}.${address & 0xffffff}`,
  "trailing dot": (address) => `${toBytes(address).join(".")}.`,
  mapped: (address) => `[::ffff:${toBytes(address).join(".")}]`,
  "mapped in groups": (address) => `[0:0:0:0:0:FFFF:${toGroups(address)}]`,
  translated: (address) => `[::ffff:0:${toGroups(address)}]`,
  compatible: (address) => `[::${toGroups(address)}]`,
  NAT64: (address) => `[64:ff9b::${toGroups(address)}]`,
  "6to4": (address) => `[2002:${toGroups(address)}::1]`,
  "Teredo client": (address) => `[2001:0:808:808:0:0:${toGroups(~address >>> 0)}]`,
  "Teredo server": (address) => `[2001:0:${toGroups(address)}::]`,
  ISATAP: (address) => `[2606:4700::5efe:${toGroups(address)}]`,
  "global ISATAP": (address) => `[2606:4700::200:5efe:${toGroups(address)}]`,
};

for (const [name, write] of Object.entries(notations)) {
  test(`no forbidden address is open in the notation "${name}"`, () => {
    fc.assert(
      fc.property(closedAddress, (address) => {
        const host = new URL(`http://${write(address)}/`).hostname.replace(/^\[|\]$/g, "");
        expect(reachTable[classifyAddress(host)]).not.toBe("open");
      }),
    );
  });
}

test("an IPv6 address outside 2000::/3 is open only as NAT64", () => {
  const byte = fc.nat(255);
  fc.assert(
    fc.property(fc.array(byte, { minLength: 16, maxLength: 16 }), (bytes) => {
      const text = writeIpv6(bytes);
      fc.pre((bytes[0] ?? 0) >> 5 !== 1 && !text.startsWith("0064:ff9b:"));
      expect(reachTable[classifyAddress(text)]).not.toBe("open");
    }),
  );
});

test("addresses read the same in every form", () => {
  fc.assert(
    fc.property(fc.ipV6(), (text) => {
      const bytes = parseAddress(text);
      expect(bytes).toHaveLength(16);
      expect(parseAddress(writeIpv6(bytes ?? []))).toEqual(bytes ?? []);
    }),
  );
  expect(parseAddress("1:2::fffe:ff")).toEqual([0, 1, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xfe, 0, 0xff]);
});

for (const [address, expected] of [
  ["8.8.8.8", "public"],
  ["100.63.255.255", "public"],
  ["100.128.0.0", "public"],
  ["172.15.255.255", "public"],
  ["172.32.0.0", "public"],
  ["223.255.255.255", "public"],
  ["2606:4700::1111", "public"],
  ["64:ff9b::808:808", "public"],
  ["2002:808:808::1", "public"],
  ["127.255.255.254", "loopback"],
  ["::1", "loopback"],
  ["10.1.2.3", "private"],
  ["172.31.255.255", "private"],
  ["fd12::1", "private"],
  ["fec0::1", "private"],
  ["64:ff9b:1::1", "private"],
  ["100.127.255.255", "carrier-grade NAT"],
  ["169.254.1.1", "link-local"],
  ["febf::1", "link-local"],
  ["169.254.169.254", "metadata"],
  ["fd00:ec2::254", "metadata"],
  ["64:ff9b::a9fe:a9fe", "metadata"],
  ["2002:a9fe:a9fe::1", "metadata"],
  ["0.0.0.0", "unspecified"],
  ["::", "unspecified"],
  ["224.0.0.1", "multicast"],
  ["ff02::1", "multicast"],
  ["255.255.255.255", "reserved"],
  ["100::1", "reserved"],
  ["2001:10::1", "reserved"],
  ["203.0.113.9", "documentation"],
  ["2001:db8::1", "documentation"],
  ["3fff::1", "documentation"],
  ["198.19.255.255", "benchmark"],
  ["::ffff:8.8.8.8", "disguised IPv4"],
  ["::8.8.8.8", "disguised IPv4"],
  ["fe80::1%eth0", "reserved"],
  ["127.1", "reserved"],
  ["", "reserved"],
] satisfies [string, AddressClass][]) {
  test(`"${address}" is ${expected}`, () => {
    expect(classifyAddress(address)).toBe(expected);
  });
}

test("every range of the tables is one that can be read", () => {
  for (const { range } of [...addressTable, ...embeddingTable]) {
    const [address = "", bits = ""] = range.split("/");
    const bytes = parseAddress(address) ?? [];
    expect(bytes.length).toBeGreaterThan(0);
    expect(Number(bits)).toBeWithin(0, bytes.length * 8 + 1);
  }
});

function toBytes(address: number): number[] {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 0xff);
}

function toGroups(address: number): string {
  return `${(address >>> 16).toString(16)}:${(address & 0xffff).toString(16)}`;
}

function writeIpv6(bytes: readonly number[]): string {
  const hex = bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.match(/.{4}/g)?.join(":") ?? "";
}

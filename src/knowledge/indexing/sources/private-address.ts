import { BlockList, isIP } from "node:net";

/** Addresses that lead to this machine or its network, or that hold another address inside. */
const closed = {
  ipv4: [
    ...["0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"],
    ...["192.0.0.0/24", "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/4", "240.0.0.0/4"],
  ],
  ipv6: [
    ...["::/96", "::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "2001::/32", "2002::/16"],
    ...["fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8"],
  ],
} as const;
/** A list of its own for each family: one list takes an IPv4 address for the IPv6 address that holds it. */
const blocked = { ipv4: createList("ipv4"), ipv6: createList("ipv6") };

/** Whether an IP address is loopback, private, link-local or reserved; what is no address counts as such. */
export function isPrivateAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 0) return true;
  return family === 4 ? blocked.ipv4.check(address, "ipv4") : blocked.ipv6.check(address, "ipv6");
}

function createList(family: "ipv4" | "ipv6"): BlockList {
  const list = new BlockList();
  for (const range of closed[family]) {
    const [address = "", bits = "0"] = range.split("/");
    list.addSubnet(address, Number(bits), family);
  }
  return list;
}

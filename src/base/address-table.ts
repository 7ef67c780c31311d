/** What an address is for; the word alone stands in messages, the address does not. */
export type AddressClass = keyof typeof reachTable;

/**
 * `open` to whatever may use a network, `private` to what was granted more, `never` at all. Metadata services hand out the
 * machine's own credentials to whoever asks, so no grant opens them.
 */
export type Reach = "open" | "private" | "never";

export const reachTable = {
  public: "open",
  loopback: "private",
  private: "private",
  "carrier-grade NAT": "private",
  "link-local": "private",
  metadata: "never",
  unspecified: "never",
  multicast: "never",
  reserved: "never",
  documentation: "never",
  benchmark: "never",
  "disguised IPv4": "never",
} as const satisfies Readonly<Record<string, Reach>>;

export type AddressRow = { readonly range: string; readonly class: AddressClass };

/** The first row that holds an address decides. Sources: the IANA special-purpose registries, RFC 6890. */
export const addressTable: readonly AddressRow[] = [
  { range: "169.254.169.0/24", class: "metadata" },
  { range: "169.254.170.0/24", class: "metadata" },
  { range: "169.254.42.42/32", class: "metadata" },
  { range: "100.100.100.200/32", class: "metadata" },
  { range: "168.63.129.16/32", class: "metadata" },
  { range: "192.0.0.192/32", class: "metadata" },
  { range: "fd00:ec2::/32", class: "metadata" },
  { range: "fd20:ce::254/128", class: "metadata" },
  { range: "fd00:42::42/128", class: "metadata" },
  { range: "fd00:c1::a9fe:a9fe/128", class: "metadata" },

  { range: "0.0.0.0/8", class: "unspecified" },
  { range: "10.0.0.0/8", class: "private" },
  { range: "100.64.0.0/10", class: "carrier-grade NAT" },
  { range: "127.0.0.0/8", class: "loopback" },
  { range: "169.254.0.0/16", class: "link-local" },
  { range: "172.16.0.0/12", class: "private" },
  { range: "192.0.0.0/24", class: "reserved" },
  { range: "192.0.2.0/24", class: "documentation" },
  { range: "192.88.99.0/24", class: "reserved" },
  { range: "192.168.0.0/16", class: "private" },
  { range: "198.18.0.0/15", class: "benchmark" },
  { range: "198.51.100.0/24", class: "documentation" },
  { range: "203.0.113.0/24", class: "documentation" },
  { range: "224.0.0.0/4", class: "multicast" },
  { range: "240.0.0.0/4", class: "reserved" },
  { range: "0.0.0.0/0", class: "public" },

  { range: "::1/128", class: "loopback" },
  { range: "::/128", class: "unspecified" },
  { range: "::ffff:0:0/96", class: "disguised IPv4" },
  { range: "::ffff:0:0:0/96", class: "disguised IPv4" },
  { range: "::/96", class: "disguised IPv4" },
  { range: "64:ff9b::/96", class: "public" },
  { range: "64:ff9b:1::/48", class: "private" },
  { range: "fe80::/10", class: "link-local" },
  { range: "fec0::/10", class: "private" },
  { range: "fc00::/7", class: "private" },
  { range: "ff00::/8", class: "multicast" },
  { range: "2001:db8::/32", class: "documentation" },
  { range: "3fff::/20", class: "documentation" },
  { range: "2001:2::/48", class: "benchmark" },
  { range: "2001::/32", class: "public" },
  { range: "2001::/23", class: "reserved" },
  { range: "2000::/3", class: "public" },
  { range: "::/0", class: "reserved" },
];

export type EmbeddingRow = {
  readonly range: string;
  /** Bits before this one do not matter to whether the range holds an address. */
  readonly fromBit?: number;
  /** Byte at which the IPv4 address starts. */
  readonly at: number;
  readonly isInverted?: true;
};

/** IPv6 addresses that a gateway turns into an IPv4 one, which is judged as well. */
export const embeddingTable: readonly EmbeddingRow[] = [
  { range: "::ffff:0:0/96", at: 12 },
  { range: "::ffff:0:0:0/96", at: 12 },
  { range: "64:ff9b::/96", at: 12 },
  { range: "2002::/16", at: 2 },
  { range: "2001::/32", at: 4 },
  { range: "2001::/32", at: 12, isInverted: true },
  { range: "::5efe:0:0/96", fromBit: 64, at: 12 },
  { range: "::200:5efe:0:0/96", fromBit: 64, at: 12 },
];

import { AppError } from "../base/index.ts";

const kib = 1024;
const mib = 1024 * kib;

type LimitRow = {
  readonly default: number;
  /** An administrator may set it up to this. */
  readonly most: number;
  readonly meaning: string;
};

/** What a plugin may take, per call unless said otherwise. The host enforces each; a guest cannot change them. */
export const limitTable = {
  timeoutMs: { default: 10_000, most: 600_000, meaning: "wall time" },
  loadTimeoutMs: {
    default: 10_000,
    most: 120_000,
    meaning: "wall time to compile it and run its start functions",
  },
  moduleBytes: { default: 32 * mib, most: 256 * mib, meaning: "size of the .wasm file" },
  memoryBytes: { default: 64 * mib, most: 2048 * mib, meaning: "linear memory" },
  tableElements: { default: 65_536, most: 1_048_576, meaning: "elements of all tables" },
  blockBytes: { default: 64 * mib, most: 1024 * mib, meaning: "memory blocks shared with the host, in all" },
  blocks: { default: 65_536, most: 1_048_576, meaning: "count of memory blocks shared with the host" },
  inputBytes: { default: 16 * mib, most: 256 * mib, meaning: "input" },
  outputBytes: { default: 4 * mib, most: 64 * mib, meaning: "output" },
  outputDepth: { default: 64, most: 512, meaning: "nesting of the output's JSON" },
  logBytes: { default: 64 * kib, most: 16 * mib, meaning: "text logged" },
  logLines: { default: 1_000, most: 100_000, meaning: "lines logged" },
  varBytes: { default: 1 * mib, most: 64 * mib, meaning: "variables, names included" },
  hostCalls: { default: 2_000, most: 1_000_000, meaning: "calls of kv, embed, generate, http and vars" },
  httpRequests: { default: 32, most: 1_000, meaning: "HTTP requests, redirects not counted" },
  httpRequestBytes: { default: 1 * mib, most: 64 * mib, meaning: "body of one HTTP request" },
  httpResponseBytes: { default: 8 * mib, most: 128 * mib, meaning: "body of one HTTP answer, decoded" },
  httpRedirects: { default: 5, most: 20, meaning: "redirects of one HTTP request" },
  httpTimeoutMs: { default: 10_000, most: 600_000, meaning: "time of one HTTP request, redirects included" },
  kvBytes: { default: 1 * mib, most: 1024 * mib, meaning: "keys and values stored, over all calls" },
  kvWrites: { default: 100, most: 100_000, meaning: "keys set or deleted, each of which reaches the disk" },
  generateCalls: { default: 16, most: 1_000, meaning: "calls of generate and embed" },
  modelTimeoutMs: {
    default: 120_000,
    most: 3_600_000,
    meaning: "wait for one answer of generate or embed, which its own wall time leaves out",
  },
  generateTokens: { default: 2_048, most: 131_072, meaning: "tokens of one generated answer" },
} as const satisfies Readonly<Record<string, LimitRow>>;

export type LimitName = keyof typeof limitTable;
export type Limits = { readonly [Name in LimitName]: number };

/** The limits of a plugin: the defaults, with what an administrator has set instead. */
export function resolveLimits(overrides: Partial<Limits> = {}): Limits {
  const defaults = mapLimits((name) => limitTable[name].default);
  return { ...defaults, ...overrides };
}

/** Throws AppError invalid_request for a name that is no limit or a value outside 1 to its most. */
export function checkLimits(values: Readonly<Record<string, number>>): Partial<Limits> {
  for (const [name, value] of Object.entries(values)) {
    if (!isLimitName(name)) {
      const known = Object.keys(limitTable).join(", ");
      throw new AppError("invalid_request", `there is no limit "${name}"; there are ${known}`);
    }
    const { most } = limitTable[name];
    if (Number.isInteger(value) && value >= 1 && value <= most) continue;
    const message = `the limit ${name} must be a whole number from 1 to ${most}, got ${value}`;
    throw new AppError("invalid_request", message);
  }
  return values;
}

function isLimitName(name: string): name is LimitName {
  return Object.hasOwn(limitTable, name);
}

function mapLimits(read: (name: LimitName) => number): Limits {
  const names = Object.keys(limitTable).filter(isLimitName);
  return Object.fromEntries(names.map((name) => [name, read(name)])) as Limits;
}

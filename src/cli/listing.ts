import { countBytes, isAdapter, type ModelCapabilities, type ModelRecord } from "../models/index.ts";

/** Words for what a model can do. Every chat model writes text, so that is said of others alone. */
const capabilityWords: readonly (readonly [keyof ModelCapabilities, string])[] = [
  ["chat", "chat"],
  ["tools", "tools"],
  ["reasoning", "thinking"],
  ["infill", "infill"],
  ["embed", "embeddings"],
  ["rerank", "rerank"],
];

/** Bytes that removing a model would free, and those that others need too. */
export type Measured = { readonly ownBytes: number; readonly sharedBytes: number };

/** A model as `--json` tells of it. */
export function toListing(record: ModelRecord, measured?: Measured) {
  const { name, source, origin, digest, summary, layers, uses } = record;
  return {
    name,
    kind: isAdapter(record) ? ("adapter" as const) : ("model" as const),
    source,
    ...(origin !== undefined && { origin }),
    digest,
    bytes: countBytes(record),
    ...measured,
    ...summary,
    adapters: isAdapter(record) ? 0 : countAdapters(record),
    files: layers.map(({ path }) => path),
    modifiedAt: new Date(record.modifiedAtMs).toISOString(),
    ...(record.lastUsedAtMs !== undefined && { lastUsedAt: new Date(record.lastUsedAtMs).toISOString() }),
    uses,
  };
}
export function countAdapters({ layers }: Pick<ModelRecord, "layers">): number {
  return layers.filter(({ role }) => role === "adapter").length;
}

/** `chat, tools`, or `adapter`. */
export function describeCapabilities(record: ModelRecord): string {
  if (isAdapter(record)) return "adapter";
  const { capabilities } = record.summary;
  const words = capabilityWords.filter(([name]) => capabilities[name]).map(([, word]) => word);
  const text = capabilities.generate && !capabilities.chat ? ["text"] : [];
  const adapters = countAdapters(record);
  const added = adapters === 0 ? [] : [`${adapters} adapter${adapters === 1 ? "" : "s"}`];
  return [...text, ...words, ...added].join(", ");
}

import type { JsonObject } from "../contract/index.ts";
import type { Filter } from "./search/filter.ts";

/** What is learnt of a client's requests is that client's alone; everything else is there for all. */
const ownedCollections: ReadonlySet<string> = new Set(["interaction-history", "skills-patterns"]);
/** Of a document in one of those: whose it is. */
const ownerAttribute = "tenant";

/** Whether a document is hidden from a tenant. */
export function isOwnedByOther(collection: string, attributes: JsonObject, tenant: string): boolean {
  const owner = attributes[ownerAttribute];
  return ownedCollections.has(collection) && owner !== undefined && owner !== tenant;
}

/** What a search of a collection may find; undefined where nothing in it belongs to anybody. */
export function ownFilter(collection: string, tenant: string): Filter | undefined {
  if (!ownedCollections.has(collection)) return undefined;
  return { type: "only", key: ownerAttribute, value: tenant };
}

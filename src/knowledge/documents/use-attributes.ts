import type { JsonObject } from "../../contract/index.ts";

const useNames = ["access_count", "last_accessed", "success_rate"] as const;
/** Of a text that no answer has rested on yet. */
export const firstSuccessRate = 0.5;
/** Weight of the newest answer in the success rate. */
const newestWeight = 0.1;

/** Counts one use: `success_rate` becomes 0.9 of what it was and 0.1 of whether the answer was a success. */
export function countUse(attributes: JsonObject, use: { readonly success: boolean; readonly nowMs: number }) {
  const rate = toNumber(attributes.success_rate, firstSuccessRate);
  return {
    ...attributes,
    access_count: toNumber(attributes.access_count, 0) + 1,
    last_accessed: use.nowMs,
    success_rate: (1 - newestWeight) * rate + (use.success ? newestWeight : 0),
  };
}

/** The new attributes of a text that is replaced, with what is known of how the one before was used. */
export function keepUse(earlier: JsonObject, attributes: JsonObject): JsonObject {
  const used = useNames.flatMap((name) => (Object.hasOwn(earlier, name) ? [[name, earlier[name]]] : []));
  return { ...attributes, ...(Object.fromEntries(used) as JsonObject) };
}

function toNumber(value: unknown, otherwise: number): number {
  return typeof value === "number" && Number.isFinite(value) ? value : otherwise;
}

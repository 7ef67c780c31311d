import { hashText } from "../../base/index.ts";
import type { JsonValue } from "../../contract/index.ts";

export type SeriesIdentity = {
  readonly task: string;
  readonly model: string;
  /** Who judged: a model, or the name of a rule. */
  readonly judge: string;
  readonly criteria: JsonValue;
};

/** SHA-256, in hex, of all that makes scores comparable; the order of an object's fields makes no difference. */
export function seriesKey({ task, model, judge, criteria }: SeriesIdentity): string {
  const text = JSON.stringify([task, model, judge, sortFields(criteria)]);
  return hashText(text);
}

function sortFields(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(sortFields);
  if (typeof value !== "object" || value === null) return value;
  const fields = Object.entries(value).toSorted(([first], [second]) => (first < second ? -1 : 1));
  return Object.fromEntries(fields.map(([name, field]) => [name, sortFields(field)]));
}

import type { JsonValue } from "../../contract/index.ts";

/** The same value as it is stored and sent: names of properties in snake_case, what is undefined left out. */
export function toWire(value: object): JsonValue {
  return rename(JSON.parse(JSON.stringify(value)), toSnake);
}

/** What `toWire` made, as it was. Only for what this folder stored itself: the type is not checked. */
export function fromWire<T>(value: JsonValue): T {
  return rename(value, toCamel) as T;
}

function rename(value: JsonValue, change: (name: string) => string): JsonValue {
  if (Array.isArray(value)) return value.map((item: JsonValue) => rename(item, change));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [change(name), rename(item, change)]),
  );
}

function toSnake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function toCamel(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

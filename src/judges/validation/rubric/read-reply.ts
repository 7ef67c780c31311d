import { shortenText } from "../../../base/index.ts";
import type { JsonObject, JsonValue } from "../../../contract/index.ts";

/** Longest part of a reply that a reason quotes. */
const maxQuotedCharacters = 200;
const fencedBlock = /```[ \t]*\w*[ \t]*\r?\n?([\s\S]*?)```/;

export type ReadReply =
  | { readonly ok: true; readonly value: JsonObject }
  | { readonly ok: false; readonly reason: string };

/** The JSON object of a judge's reply: its first fenced block where there is one, else all of it. */
export function readReply(text: string): ReadReply {
  const json = fencedBlock.exec(text)?.[1] ?? text;
  try {
    const value: JsonValue = JSON.parse(json);
    if (isObject(value)) return { ok: true, value };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  return { ok: false, reason: `the judge replied with something that is not a JSON object: ${quote(text)}` };
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A text in quotation marks, its end left out where it is long. */
export function quote(text: string): string {
  return JSON.stringify(shortenText(text, maxQuotedCharacters));
}

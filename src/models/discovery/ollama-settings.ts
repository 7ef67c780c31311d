import { AppError } from "../../base/index.ts";
import type { JsonValue } from "../../contract/index.ts";
import type { LayerRole, ModelLayer, ModelSettings } from "../record.ts";
import { isObject } from "./ollama-manifest.ts";
import { readText } from "./read-text.ts";

const maxTextBytes = 2 ** 20;
const maxLicenses = 32;
const maxMessages = 10_000;

type Turn = NonNullable<ModelSettings["messages"]>[number];

/** Reads the layers that say how a model is to be used. Throws AppError where one cannot be read or understood. */
export function readSettings(layers: readonly ModelLayer[]): ModelSettings {
  const texts = (role: LayerRole): readonly string[] =>
    layers.filter((layer) => layer.role === role).map(({ path }) => readText(path, maxTextBytes));
  const template = texts("template").at(-1);
  const system = texts("system").at(-1);
  const parameters = texts("parameters").at(-1);
  const messages = texts("messages").at(-1);
  const licenses = layers.filter(({ role }) => role === "license").slice(0, maxLicenses);
  return {
    ...(template !== undefined && { template }),
    ...(system !== undefined && { system }),
    ...(parameters !== undefined && { parameters: parseParameters(parameters) }),
    ...(messages !== undefined && { messages: parseMessages(messages) }),
    ...(licenses.length > 0 && { licenses: licenses.map(({ path }) => readText(path, maxTextBytes)) }),
  };
}

function parseParameters(text: string): Readonly<Record<string, JsonValue>> {
  const value = parseJson("parameters", text);
  if (!isObject(value)) throw new AppError("invalid_request", "its parameters are no JSON object");
  // What JSON.parse gives is JSON.
  return value as Record<string, JsonValue>;
}

function parseMessages(text: string): Turn[] {
  const value = parseJson("messages", text);
  if (!Array.isArray(value) || value.length > maxMessages || !value.every(isTurn)) {
    throw new AppError("invalid_request", "its messages are no list of turns of system, user and assistant");
  }
  return value.map(({ role, content }) => ({ role, content }));
}

function isTurn(value: unknown): value is Turn {
  return (
    isObject(value) &&
    (value.role === "system" || value.role === "user" || value.role === "assistant") &&
    typeof value.content === "string"
  );
}

function parseJson(what: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new AppError("invalid_request", `its ${what} are no JSON`, { cause });
  }
}

import { AppError } from "../../base/index.ts";
import type { JsonValue } from "../../contract/index.ts";
import type { ModelSettings } from "../record.ts";
import { readOllamaParameters } from "./parameters.ts";
import { parseOllamaTemplate } from "./template.ts";

const maxJsonChars = 4 * 1024 * 1024;
const maxSystemChars = 1024 * 1024;
const maxMessages = 1024;
const maxLicenses = 64;
const maxLicenseChars = 1024 * 1024;
const roles = ["system", "user", "assistant"] as const;

/** The small layers of an Ollama manifest, as they are stored: texts, and JSON texts. */
export type SettingsLayers = {
  readonly template?: string;
  readonly system?: string;
  /** A JSON object of parameters. */
  readonly params?: string;
  /** A JSON list of `{role, content}`. */
  readonly messages?: string;
  readonly licenses?: readonly string[];
  /** `renderer` of the config layer: code of Ollama's own, in place of the template. */
  readonly renderer?: string;
};

type SettingsMessage = NonNullable<ModelSettings["messages"]>[number];

/**
 * How a manifest wants its model to be used. Throws AppError invalid_request for a template that does not parse, a
 * parameter that is not known or has no valid value, and messages that are none.
 */
export function readSettings(layers: SettingsLayers): ModelSettings {
  const parameters = layers.params === undefined ? undefined : parseParams(layers.params);
  const messages = layers.messages === undefined ? undefined : parseMessages(layers.messages);
  return checkSettings({
    // With a renderer Ollama ignores the template; the model's file has its family's, in Jinja.
    ...(layers.template !== undefined && layers.renderer === undefined && { template: layers.template }),
    ...(layers.system !== undefined && { system: layers.system }),
    ...(parameters && { parameters }),
    ...(messages && { messages }),
    ...(layers.licenses && { licenses: layers.licenses }),
  });
}

/** Settings without what is empty. Throws AppError invalid_request where something in them cannot be honoured. */
export function checkSettings(settings: ModelSettings): ModelSettings {
  const { template, system, messages = [], licenses = [] } = settings;
  const parameters = checkParameters(settings.parameters ?? {});
  if (template) parseOllamaTemplate(template);
  checkChars("SYSTEM", system ?? "", maxSystemChars);
  checkCount("MESSAGE", messages.length, maxMessages);
  checkCount("LICENSE", licenses.length, maxLicenses);
  for (const license of licenses) checkChars("LICENSE", license, maxLicenseChars);
  return {
    ...(template && { template }),
    ...(system && { system }),
    ...(messages.length > 0 && { messages: messages.map(checkMessage) }),
    ...(Object.keys(parameters).length > 0 && { parameters }),
    ...(licenses.length > 0 && { licenses }),
  };
}

function checkParameters(parameters: Readonly<Record<string, JsonValue>>): Record<string, JsonValue> {
  const { unknown } = readOllamaParameters(parameters);
  if (unknown.length > 0) {
    const names = unknown.map((name) => JSON.stringify(name.slice(0, 100))).join(", ");
    throw new AppError(
      "invalid_request",
      `PARAMETER: ${names} ${unknown.length === 1 ? "is no parameter" : "are no parameters"} that Hearth knows; take it out of the Modelfile`,
    );
  }
  return Object.fromEntries(Object.entries(parameters).filter(([, value]) => value !== null));
}

function parseParams(text: string): Record<string, JsonValue> {
  const value = parseJson("PARAMETER", text);
  if (typeof value !== "object" || value === null || isList(value)) {
    throw new AppError("invalid_request", "PARAMETER: the model's parameters are no JSON object");
  }
  return { ...value };
}

function parseMessages(text: string): readonly SettingsMessage[] {
  const value = parseJson("MESSAGE", text);
  if (!isList(value)) throw new AppError("invalid_request", "MESSAGE: the model's messages are no JSON list");
  return value.map(checkMessage);
}

function checkMessage(value: JsonValue): SettingsMessage {
  const { role, content, ...rest } =
    typeof value === "object" && value !== null && !isList(value) ? value : {};
  const known = roles.find((name) => name === role);
  if (!known || typeof content !== "string") {
    throw new AppError(
      "invalid_request",
      "MESSAGE: a message needs a role (system, user or assistant) and a text",
    );
  }
  const extra = Object.entries(rest).find(
    ([, part]) => part !== null && !(isList(part) && part.length === 0),
  );
  if (extra) throw new AppError("invalid_request", `MESSAGE: a message with ${extra[0]} is not supported`);
  return { role: known, content };
}

function parseJson(what: string, text: string): JsonValue {
  checkChars(what, text, maxJsonChars);
  try {
    return JSON.parse(text) as JsonValue;
  } catch (error) {
    throw new AppError("invalid_request", `${what}: the model's manifest has a layer that is no JSON`, {
      cause: error,
    });
  }
}

function checkChars(what: string, text: string, max: number): void {
  if (text.length <= max) return;
  throw new AppError("invalid_request", `${what}: ${text.length} characters are more than ${max}`);
}

function checkCount(what: string, count: number, max: number): void {
  if (count > max) throw new AppError("invalid_request", `${what}: ${count} are more than ${max}`);
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

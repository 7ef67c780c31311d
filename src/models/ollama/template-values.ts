/** What Ollama's templates are given: messages, tools and calls, with the fields and the JSON that Ollama gives them. */
import type { JsonObject, JsonValue, Message, Tool, ToolCall } from "../../contract/index.ts";
import { toolPropertyName } from "./go-template/functions.ts";
import {
  createMap,
  createStruct,
  type GoList,
  type GoObject,
  type GoValue,
  toJsonText,
} from "./go-template/values.ts";

/** Deeper JSON of a tool or a call is shown as text. */
const maxJsonDepth = 64;

export function toMessageValues(messages: readonly Message[]): GoList {
  const callNames = new Map(
    messages.flatMap(({ toolCalls = [] }) => toolCalls.map(({ id, name }) => [id, name] as const)),
  );
  return createList(
    messages.map((message) =>
      createStruct("Message", {
        Role: message.role,
        Content: message.content,
        Thinking: message.reasoning ?? "",
        Images: createList([]),
        ToolCalls: createList((message.toolCalls ?? []).map(toCallValue)),
        ToolName: message.name ?? callNames.get(message.toolCallId ?? "") ?? "",
        ToolCallID: message.toolCallId ?? "",
      }),
    ),
  );
}

export function toToolValues(tools: readonly Tool[]): GoList {
  const list = createList(tools.map(toToolValue));
  return { ...list, print: () => toJsonText(list) };
}

function toCallValue(call: ToolCall, index: number): GoObject {
  const args = toArguments(call.arguments);
  const json = new Map<string, GoValue>([
    ["name", call.name],
    ["arguments", args],
  ]);
  const fields = { Index: BigInt(index), Name: call.name, Arguments: args };
  const called = createStruct("ToolCallFunction", fields, json);
  return createStruct("ToolCall", { ID: call.id, Function: called }, new Map([["function", called]]));
}

/** Arguments that are no JSON object, which a model may have written, are shown as they are. */
function toArguments(text: string): GoValue {
  try {
    const parsed: JsonValue = JSON.parse(text === "" ? "{}" : text);
    if (isJsonObject(parsed) && !isDeeperThan(parsed, maxJsonDepth)) {
      const map = createMap(entriesOf(parsed));
      return { ...map, print: () => toJsonText(map) };
    }
  } catch {
    return text;
  }
  return text;
}

function toToolValue(tool: Tool): GoObject {
  const { name, description = "" } = tool;
  const parameters = toParameters(tool.parameters ?? { type: "object" });
  const json = new Map<string, GoValue>([["name", name]]);
  if (description !== "") json.set("description", description);
  json.set("parameters", parameters);
  const fields = { Name: name, Description: description, Parameters: parameters };
  const called = createStruct("ToolFunction", fields, json);
  return createStruct(
    "Tool",
    { Type: "function", Items: null, Function: called },
    new Map<string, GoValue>([
      ["type", "function"],
      ["function", called],
    ]),
  );
}

function toParameters(schema: JsonObject): GoObject {
  const properties = toProperties(schema.properties ?? {}, maxJsonDepth);
  const fields = {
    Type: typeof schema.type === "string" ? schema.type : "object",
    Defs: toValue(schema.$defs ?? null),
    Items: toValue(schema.items ?? null),
    Required: toValue(schema.required ?? []),
    Properties: properties,
  };
  const json = new Map<string, GoValue>([["type", fields.Type]]);
  addGiven(json, schema, ["$defs", "items", "required"]);
  json.set("properties", properties);
  addRest(json, schema);
  return createStruct("ToolFunctionParameters", fields, json);
}

function toProperties(properties: JsonValue, depth: number): GoObject {
  const entries = isJsonObject(properties) ? Object.entries(properties) : [];
  const map = createMap(entries.map(([name, schema]) => [name, toProperty(schema, depth - 1)]));
  return { ...map, print: () => toJsonText(map) };
}

function toProperty(given: JsonValue, depth: number): GoObject {
  const schema = isJsonObject(given) && depth > 0 ? given : {};
  const { anyOf, type, description, properties } = schema;
  const choices = Array.isArray(anyOf) ? anyOf.map((choice) => toProperty(choice, depth - 1)) : [];
  const inner = properties === undefined ? null : toProperties(properties, depth - 1);
  const fields = {
    AnyOf: createList(choices),
    Type: toTypes(type),
    Items: toValue(schema.items ?? null),
    Description: typeof description === "string" ? description : "",
    Enum: toValue(schema.enum ?? []),
    Properties: inner,
    Required: toValue(schema.required ?? []),
  };
  const json = new Map<string, GoValue>();
  if (choices.length > 0) json.set("anyOf", fields.AnyOf);
  addGiven(json, schema, ["type", "items", "description", "enum"]);
  if (inner) json.set("properties", inner);
  addRest(json, schema);
  return createStruct(toolPropertyName, fields, json);
}

function toTypes(type: JsonValue | undefined): GoList {
  const types = (Array.isArray(type) ? type : [type]).filter((name) => typeof name === "string");
  const list = createList(types);
  return types.length > 1 ? list : { ...list, print: () => types[0] ?? "" };
}

function addGiven(json: Map<string, GoValue>, schema: JsonObject, names: readonly string[]): void {
  for (const name of names) {
    const value = schema[name];
    if (value !== undefined) json.set(name, toValue(value));
  }
}

/** Ollama leaves out what its structs have no field for; the model is better off knowing. */
function addRest(json: Map<string, GoValue>, schema: JsonObject): void {
  for (const [name, value] of Object.entries(schema)) if (!json.has(name)) json.set(name, toValue(value));
}

function entriesOf(object: JsonObject): readonly (readonly [string, GoValue])[] {
  return Object.entries(object).map(([key, value]) => [key, toValue(value)]);
}

function toValue(value: JsonValue): GoValue {
  if (typeof value === "object" && value !== null && isDeeperThan(value, maxJsonDepth)) {
    return JSON.stringify(value);
  }
  return toShallowValue(value);
}

function toShallowValue(value: JsonValue): GoValue {
  if (typeof value !== "object" || value === null) return value;
  if (isList(value)) return createList(value.map(toShallowValue));
  return createMap(Object.entries(value).map(([key, entry]) => [key, toShallowValue(entry)]));
}

function isDeeperThan(value: JsonValue, depth: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (depth === 0) return true;
  return Object.values(value).some((entry: JsonValue) => isDeeperThan(entry, depth - 1));
}

function createList(items: readonly GoValue[]): GoList {
  return { type: "list", items };
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

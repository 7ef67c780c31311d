// What the host does for a plugin. A function of the host that fails does not return: the host ends the call and says
// why to whoever called the plugin. There is nothing to check or to catch here.

import { makeBlock, readInput, takeBlock } from "./bytes";
import * as env from "./env";
import { Json } from "./json";
import { bytesOf, textOf, writer } from "./utf8";

/** The input of the call as text. Judges, connectors and policies are given theirs by `runJudge` and the like. */
export function readText(): string {
  return textOf(readInput());
}

export function readJson(): Json {
  return Json.parseBytes(readInput());
}

/** The output of the call, which is set once. */
export function writeText(text: string): void {
  writer.clear().text(text);
  env.outputSet(makeBlock(writer.start, writer.length), writer.length);
}

export function writeJson(json: Json): void {
  json.write(writer.clear());
  env.outputSet(makeBlock(writer.start, writer.length), writer.length);
}

/** Ends a call without an output: `return reportError("why")`. */
export function reportError(message: string): i32 {
  env.errorSet(textBlock(message));
  return 1;
}

export function logTrace(message: string): void {
  env.logTrace(textBlock(message));
}

export function logDebug(message: string): void {
  env.logDebug(textBlock(message));
}

export function logInfo(message: string): void {
  env.logInfo(textBlock(message));
}

export function logWarn(message: string): void {
  env.logWarn(textBlock(message));
}

export function logError(message: string): void {
  env.logError(textBlock(message));
}

/** A value of the plugin's configuration, or null where it has none. Needs the permission `config` with this key. */
export function getConfig(key: string): string | null {
  return takeText(env.configGet(textBlock(key)));
}

/** A variable that was set earlier in this call, or null. */
export function getVar(name: string): ArrayBuffer | null {
  return takeBytes(env.varGet(textBlock(name)));
}

/** Variables end with the call; what is to stay goes to `kvSet`. */
export function setVar(name: string, value: ArrayBuffer): void {
  env.varSet(textBlock(name), bytesBlock(value));
}

/** What was stored under the key, by this or an earlier call, or null. Needs the permission `kv`. */
export function kvGet(key: string): string | null {
  return takeText(env.kvGet(textBlock(key)));
}

export function kvGetBytes(key: string): ArrayBuffer | null {
  return takeBytes(env.kvGet(textBlock(key)));
}

export function kvSet(key: string, value: string): void {
  env.kvSet(textBlock(key), textBlock(value));
}

export function kvSetBytes(key: string, value: ArrayBuffer): void {
  env.kvSet(textBlock(key), bytesBlock(value));
}

export function kvDelete(key: string): void {
  env.kvDelete(textBlock(key));
}

/** The keys that begin with the prefix. */
export function kvList(prefix: string = ""): string[] {
  const keys = takeBytes(env.kvList(textBlock(prefix)));
  return keys ? Json.parseBytes(keys).asStrings() : [];
}

export function jsonBlock(json: Json): i64 {
  json.write(writer.clear());
  return makeBlock(writer.start, writer.length);
}

export function textBlock(text: string): i64 {
  writer.clear().text(text);
  return makeBlock(writer.start, writer.length);
}

export function bytesBlock(bytes: ArrayBuffer): i64 {
  return makeBlock(changetype<usize>(bytes), bytes.byteLength);
}

export function takeBytes(block: i64): ArrayBuffer | null {
  return block == 0 ? null : takeBlock(block);
}

export function takeJson(block: i64): Json {
  return block == 0 ? Json.null() : Json.parseBytes(takeBlock(block));
}

function takeText(block: i64): string | null {
  return block == 0 ? null : textOf(takeBlock(block));
}

export { bytesOf, textOf };

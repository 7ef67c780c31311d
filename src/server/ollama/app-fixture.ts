import {
  createFakeEngine,
  createServerRecords,
  type FakeEngineOptions,
  type ServerChanges,
} from "../../testing/index.ts";
import { createServerApp } from "../app.ts";

/** The JSON object of an answer; a test that looks into a field names its shape. */
export type Wire = Readonly<Record<string, unknown>>;

export type Answer = { readonly status: number; readonly headers: Headers; readonly text: string };

/** The application over a scripted engine, and ways to ask it as Ollama's clients do. */
export function createOllamaApp(options: FakeEngineOptions = {}, changes: ServerChanges = {}) {
  const records = createServerRecords({ engine: createFakeEngine(options), ...changes });
  const app = createServerApp(records.deps);
  const send = async (method: string, path: string, body?: object, headers: Record<string, string> = {}) => {
    const response = await app.request(path, {
      method,
      headers: { ...(body ? { "content-type": "application/json" } : {}), ...headers },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    return { status: response.status, headers: response.headers, text: await response.text() };
  };
  return { ...records, app, send, post: (path: string, body: object) => send("POST", path, body) };
}

export function readObject<Shape extends object = Wire>(answer: Answer): Shape {
  return JSON.parse(answer.text);
}

export function readLines<Shape extends object = Wire>(answer: Answer): Shape[] {
  return answer.text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
}

/** An object without what differs from run to run; those fields are checked to be what they must be. */
export function withoutTimes(object: Wire): Wire {
  const { created_at, total_duration, ...rest } = object;
  if (new Date(String(created_at)).toISOString() !== created_at) throw new Error(`not a time: ${created_at}`);
  if (total_duration !== undefined && !(Number.isInteger(total_duration) && Number(total_duration) > 0))
    throw new Error(`not a duration: ${total_duration}`);
  return rest;
}

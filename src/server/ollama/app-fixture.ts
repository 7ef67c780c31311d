import {
  createFakeEngine,
  createServerRecords,
  type FakeEngineOptions,
  type ServerChanges,
} from "../../testing/index.ts";
import { createServerApp } from "../app.ts";

/** A JSON object of an answer; tests look into it as they please. */
// biome-ignore lint/suspicious/noExplicitAny: what a test expects of a field is checked by its expectation.
export type Wire = Record<string, any>;

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

export function readObject(answer: Answer): Wire {
  return JSON.parse(answer.text);
}

export function readLines(answer: Answer): Wire[] {
  return answer.text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
}

/** An object without what differs from run to run; those fields are checked to be what they must be. */
export function withoutTimes(object: Wire): Wire {
  const { created_at, total_duration, ...rest } = object;
  if (new Date(created_at).toISOString() !== created_at) throw new Error(`not a time: ${created_at}`);
  if (total_duration !== undefined && !(Number.isInteger(total_duration) && total_duration > 0))
    throw new Error(`not a duration: ${total_duration}`);
  return rest;
}

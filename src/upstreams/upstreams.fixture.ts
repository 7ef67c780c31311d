import { AppError } from "../base/index.ts";
import type { UpstreamConfig } from "../config/index.ts";
import type { GenerateEvent, GenerateRequest } from "../contract/index.ts";
import { type Clock, systemClock } from "../resilience/index.ts";
import { createChatRequest, type UpstreamFixture } from "../testing/index.ts";
import { createUpstreams, type Upstream, type Upstreams, type UpstreamsOptions } from "./upstreams.ts";

export type LogLine = { readonly event: string; readonly fields: Readonly<Record<string, unknown>> };

export type TestUpstreams = Upstreams & { readonly logs: readonly LogLine[]; readonly first: Upstream };

/** Upstreams of a test, over real connections. */
export function createTestUpstreams(
  configs: readonly UpstreamConfig[],
  changes: Partial<UpstreamsOptions> & { readonly clock?: Clock } = {},
): TestUpstreams {
  const logs: LogLine[] = [];
  const upstreams = createUpstreams({
    ...{ upstreams: configs, fetch, clock: systemClock, now: Date.now, readVariable: () => undefined },
    logger: { warn: (event, fields) => void logs.push({ event, fields }) },
    ...changes,
  });
  const [first] = upstreams.list;
  if (!first) throw new Error("a test needs an upstream");
  return { ...upstreams, logs, first };
}

/** The one upstream named `big` of a fixture. */
export function openUpstream(server: UpstreamFixture, changes: Partial<UpstreamConfig> = {}): Upstream {
  return createTestUpstreams([server.config("big", changes)]).first;
}

/** A question to the model `large`, without sampling. */
export function ask(content = "hi", changes: Partial<GenerateRequest> = {}): GenerateRequest {
  return createChatRequest(content, { id: "req-1", model: "large", sampling: {}, ...changes });
}

export const never = new AbortController().signal;

export type Heard = { readonly events: readonly GenerateEvent[]; readonly error: AppError | undefined };

/** All events until the end, or until the failure that ended them. */
export async function hear(events: AsyncIterable<GenerateEvent>): Promise<Heard> {
  const heard: GenerateEvent[] = [];
  try {
    for await (const event of events) heard.push(event);
    return { events: heard, error: undefined };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { events: heard, error };
  }
}

export function textOf(events: readonly GenerateEvent[]): string {
  return events.map((event) => (event.type === "text" ? event.text : "")).join("");
}

/** What a failing promise failed of. */
export async function failureOf(work: Promise<unknown>): Promise<AppError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof AppError) return error;
  throw new Error(`expected an AppError, got ${String(error)}`);
}

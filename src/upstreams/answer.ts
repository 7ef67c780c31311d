import { toAppError } from "../base/index.ts";
import type { GenerateEvent, Timings, Usage } from "../contract/index.ts";
import type { Exchange, ExchangeRequest } from "./exchange.ts";
import { asBrokenStream, atStreamStart } from "./failures.ts";
import { refuseAnswer } from "./refuse.ts";
import { createFrameParser } from "./sse.ts";
import type { AnswerReader, Protocol } from "./wire.ts";

/** Of one frame; a whole tool call may come in one. */
const maxFrameCharacters = 4 * 2 ** 20;

export type AskedAnswer = {
  readonly exchange: Exchange;
  readonly call: ExchangeRequest;
  readonly reader: AnswerReader;
  readonly fromWholeAnswer: Protocol["fromWholeAnswer"];
  readonly nowMs: () => number;
  /** Told where the upstream ends an answer without its counts. */
  readonly onUncounted: () => void;
};

/**
 * The events of one answer, streamed or in one piece. `started` comes with the first frame: until then nothing was
 * accepted, and any fault is told as what it is, with `stream: true` where it was the stream that broke. Once something of
 * the answer has been passed on, all faults but the upstream's own refusal are a streaming_error.
 */
export async function* readAnswer(asked: AskedAnswer): AsyncGenerator<GenerateEvent, void, undefined> {
  const { exchange, reader, nowMs } = asked;
  const askedMs = nowMs();
  let acceptedMs = askedMs;
  let firstMs: number | undefined;
  let isStreamed = false;
  try {
    const response = await exchange.send(asked.call);
    acceptedMs = nowMs();
    isStreamed = findForm(response) === "stream";
    let hasStarted = false;
    for await (const events of isStreamed ? readFrames(asked, response) : readWhole(asked, response)) {
      if (!hasStarted) yield { type: "started", promptTokens: reader.usage?.promptTokens ?? 0 };
      hasStarted = true;
      for (const event of events) {
        firstMs ??= nowMs();
        yield event;
      }
      if (reader.isOver) break;
    }
    reader.end();
  } catch (error) {
    const failure = toAppError(error);
    if (firstMs !== undefined) throw asBrokenStream(failure);
    throw isStreamed ? atStreamStart(failure) : failure;
  }
  if (!reader.usage) asked.onUncounted();
  const timings = toTimings({ askedMs, acceptedMs, firstMs: firstMs ?? nowMs(), endMs: nowMs() });
  yield { type: "done", usage: reader.usage ?? uncounted, timings };
}

/** A number made up from the text would look like a count. */
const uncounted: Usage = { promptTokens: 0, cachedTokens: 0, completionTokens: 0, reasoningTokens: 0 };

/** What one frame says, frame by frame. */
async function* readFrames(
  { exchange, reader }: AskedAnswer,
  response: Response,
): AsyncGenerator<readonly GenerateEvent[], void, undefined> {
  const parser = createFrameParser({ maxCharacters: maxFrameCharacters });
  for await (const bytes of exchange.read(response))
    for (const frame of parser.push(bytes)) yield reader.read(frame);
}

/** What all frames say that a whole answer is worth. */
async function* readWhole(
  { exchange, reader, fromWholeAnswer }: AskedAnswer,
  response: Response,
): AsyncGenerator<readonly GenerateEvent[], void, undefined> {
  for (const frame of fromWholeAnswer(await exchange.readText(response))) yield reader.read(frame);
}

/** Some servers answer in one piece whatever they were asked for. */
function findForm(response: Response): "stream" | "whole" {
  const type = response.headers.get("content-type") ?? "nothing that it names";
  if (/^text\/event-stream\b/i.test(type)) return "stream";
  if (/^application\/json\b/i.test(type)) return "whole";
  throw refuseAnswer(
    `answered with ${type.slice(0, 100)} where a stream was asked for; see to its url and kind`,
  );
}

type Moments = {
  readonly askedMs: number;
  readonly acceptedMs: number;
  readonly firstMs: number;
  readonly endMs: number;
};

function toTimings({ askedMs, acceptedMs, firstMs, endMs }: Moments): Timings {
  const queueMs = acceptedMs - askedMs;
  return { loadMs: 0, queueMs, prefillMs: firstMs - acceptedMs, decodeMs: endMs - firstMs };
}

import { AppError } from "../../base/index.ts";
import { createBackoff, type Timing } from "./backoff.ts";
import type { Answer } from "./http-client.ts";
import { describeFailure, TransientFailure } from "./http-errors.ts";
import type { Explain } from "./pull-plan.ts";
import { checkStatus } from "./remote-file.ts";
import { watchStall } from "./stall-watch.ts";

export type DocumentRequest = {
  /** For messages. */
  readonly label: string;
  readonly maxBytes: number;
  get(signal: AbortSignal): Promise<Answer>;
  readonly explain: Explain;
};

/** Fetches a small JSON document, trying again where that may help. Throws AppError for one that is too long or none. */
export async function fetchDocument(
  request: DocumentRequest,
  timing: Timing,
  signal: AbortSignal,
): Promise<{
  readonly content: unknown;
  readonly bytes: Uint8Array;
  readonly headers: Headers;
  readonly url: URL;
}> {
  const backoff = createBackoff(request.label, timing);
  for (;;) {
    try {
      using watch = watchStall(timing.clock, signal);
      const answer = await request.get(watch.signal);
      const bytes = await readAnswer(request, answer, watch.signal);
      const content = parseJson(request.label, bytes);
      return { content, bytes, headers: answer.response.headers, url: answer.url };
    } catch (error) {
      await backoff.wait(error, 0, signal);
    }
  }
}

async function readAnswer(
  request: DocumentRequest,
  answer: Answer,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const { body } = answer.response;
  try {
    checkStatus(answer, request.explain);
    return body ? await readAtMost(body, request, signal) : new Uint8Array();
  } finally {
    if (!body?.locked) await body?.cancel().catch(() => undefined);
  }
}

async function readAtMost(
  body: ReadableStream<Uint8Array>,
  { label, maxBytes }: DocumentRequest,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  const reader = body.getReader();
  let count = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return Buffer.concat(chunks);
      count += value.byteLength;
      if (count > maxBytes) {
        throw new AppError(
          "download_failed",
          `${label} is longer than ${maxBytes} bytes and was not read to its end`,
        );
      }
      chunks.push(value);
    }
  } catch (error) {
    if (error instanceof AppError) throw error;
    signal.throwIfAborted();
    throw new TransientFailure(describeFailure(error));
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

function parseJson(label: string, bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw new AppError("download_failed", `${label} is no JSON; check the address of the registry`);
  }
}

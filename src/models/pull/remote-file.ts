import { AppError } from "../../base/index.ts";
import { readRetryAfterMs } from "../../resilience/index.ts";
import type { Piece } from "../blobs/piece-record.ts";
import type { Answer } from "./http-client.ts";
import { ChangedFailure, describeUrl, isTransientStatus, TransientFailure } from "./http-errors.ts";

/** A file on a server, of known size, fetched in ranges. */
export type RemoteFile = {
  /** For messages: a file name or a digest. */
  readonly label: string;
  readonly bytes: number;
  /** A strong ETag; the file is another one once it differs. */
  readonly etag?: string;
  get(headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Answer>;
  /** What a refusal means to the user. */
  explain(response: Response): AppError | undefined;
};

/** The body of an answer, and the range of the file that it is. */
export type OpenRange = {
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly range: Piece;
  /** The answer is no range but the whole file, also where the range asked for was all of it. */
  readonly isWhole: boolean;
};

/**
 * Asks for a range. Throws TransientFailure for what may pass, ChangedFailure for another file, AppError for what
 * will stay: a refusal, or a server that speaks of another size or range than it was asked for.
 */
export async function openRange(file: RemoteFile, range: Piece, signal: AbortSignal): Promise<OpenRange> {
  const [start, end] = range;
  const headers = {
    range: `bytes=${start}-${end - 1}`,
    ...(file.etag === undefined ? {} : { "if-range": file.etag }),
  };
  const answer = await file.get(headers, signal);
  try {
    return checkAnswer(file, range, answer);
  } catch (error) {
    await answer.response.body?.cancel().catch(() => undefined);
    throw error;
  }
}

/** Throws what an answer that is no success means. */
export function checkStatus(answer: Answer, explain: (response: Response) => AppError | undefined): void {
  const { response, url, isRedirected } = answer;
  const { status } = response;
  if (status >= 200 && status < 300) return;
  const reason = `${url.host} answers ${status}`;
  if (isTransientStatus(status))
    throw new TransientFailure(reason, readRetryAfterMs(response.headers, Date.now()));
  // A signed address that has expired: the next try gets a new one.
  if (isRedirected && (status === 401 || status === 403)) throw new TransientFailure(reason);
  throw explain(response) ?? new AppError("download_failed", `${describeUrl(url)} answers ${status}`);
}

function checkAnswer(file: RemoteFile, range: Piece, answer: Answer): OpenRange {
  const { response, url } = answer;
  if (response.status === 416) throw wrongSize(file, url, "has no such range");
  checkStatus(answer, file.explain);
  const encoding = response.headers.get("content-encoding") ?? "identity";
  if (encoding !== "identity") throw refusal(file, url, `packs it as ${encoding}, which was not asked for`);
  const etag = response.headers.get("etag");
  if (file.etag !== undefined && etag !== null && etag !== file.etag) {
    throw new ChangedFailure(`${file.label} changed on ${url.host} while it was fetched`);
  }
  const { body } = response;
  if (!body) throw new TransientFailure(`${url.host} sends no body`);
  if (response.status === 206) {
    checkContentRange(file, range, url, response.headers);
    return { body, range, isWhole: false };
  }
  const length = response.headers.get("content-length");
  if (length !== null && Number(length) !== file.bytes)
    throw wrongSize(file, url, `is ${length} bytes there`);
  return { body, range: [0, file.bytes], isWhole: true };
}

function checkContentRange(file: RemoteFile, [start, end]: Piece, url: URL, headers: Headers): void {
  const text = headers.get("content-range") ?? "";
  const [, first, last, total] = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(text) ?? [];
  if (total !== undefined && total !== "*" && Number(total) !== file.bytes) {
    throw wrongSize(file, url, `is ${total} bytes there`);
  }
  if (Number(first) !== start || Number(last) !== end - 1) {
    throw refusal(file, url, `was asked for bytes ${start}-${end - 1} and sends "${text.slice(0, 80)}"`);
  }
  const length = headers.get("content-length");
  if (length !== null && Number(length) !== end - start) {
    throw refusal(file, url, `announces ${length} bytes for a range of ${end - start}`);
  }
}

function wrongSize(file: RemoteFile, url: URL, found: string): AppError {
  return refusal(file, url, `${found}, but ${file.bytes} bytes were announced`);
}

export function refusal(file: RemoteFile, url: URL, what: string): AppError {
  return new AppError(
    "download_failed",
    `${file.label} was not fetched: ${url.host} ${what}; pull again later`,
  );
}

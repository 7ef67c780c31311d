import { AppError } from "../../base/index.ts";
import type { Piece } from "../blobs/piece-record.ts";
import { endOfPieceAt, missingPieces } from "../blobs/pieces.ts";
import { createBackoff, type Timing } from "./backoff.ts";
import { TransientFailure } from "./http-errors.ts";
import { connectionsPerBlob, pieceBytes } from "./limits.ts";
import { readChunks } from "./read-chunks.ts";
import { type OpenRange, openRange, type RemoteFile } from "./remote-file.ts";
import type { Slots } from "./slots.ts";
import { type StallWatch, watchStall } from "./stall-watch.ts";
import type { WrittenPieces } from "./written-pieces.ts";

export type DownloadOptions = Timing & {
  readonly slots: Slots;
  readonly signal: AbortSignal;
  readonly onProgress: (bytes: number) => void;
  readonly onStatus: (status: string) => void;
};

/** What the connections of one blob share. */
type BlobFetch = {
  readonly file: RemoteFile;
  readonly written: WrittenPieces;
  readonly options: DownloadOptions;
  /** Ranges that no connection has taken, in order. */
  readonly queue: Piece[];
  /** Says that the server knows ranges, or that there is nothing left to ask it for. */
  readonly letOthersStart: () => void;
  knowsRanges: boolean;
};

/** A stream that is cut and goes on as ranges leaves those that it took from the queue; no later one is left behind. */
const maxRounds = 2;

/**
 * Fetches what is missing of a file, over several connections, each a range after the other in the order of the file.
 * The first answer shows whether the server knows ranges; where it does not, the file comes as one stream.
 */
export async function downloadMissing(
  file: RemoteFile,
  written: WrittenPieces,
  options: DownloadOptions,
): Promise<void> {
  const controller = new AbortController();
  const signal = AbortSignal.any([options.signal, controller.signal]);
  const { promise: othersMayStart, resolve: letOthersStart } = Promise.withResolvers<void>();
  const shared = { ...options, signal };
  const blob: BlobFetch = { file, written, options: shared, queue: [], letOthersStart, knowsRanges: false };
  for (let round = 0; fillQueue(blob); round += 1) {
    if (round >= maxRounds) throw incomplete(file);
    await emptyQueue(blob, othersMayStart, controller);
  }
}

/** Queues what is missing; false where nothing is. */
function fillQueue({ file, written, queue }: BlobFetch): boolean {
  queue.push(...missingPieces(written.pieces, file.bytes, pieceBytes));
  return queue.length > 0;
}

/** Fetches the ranges of the queue. The first failure of a connection ends the others. */
async function emptyQueue(
  blob: BlobFetch,
  othersMayStart: Promise<void>,
  controller: AbortController,
): Promise<void> {
  const { queue, options, letOthersStart } = blob;
  const connections = Math.min(connectionsPerBlob, queue.length);
  const workers = Array.from({ length: connections }, async (_, index) => {
    if (index > 0) await othersMayStart;
    try {
      for (let range = queue.shift(); range; range = queue.shift()) await fetchRange(blob, range);
    } catch (error) {
      controller.abort(error);
    } finally {
      letOthersStart();
    }
  });
  await Promise.all(workers);
  options.signal.throwIfAborted();
}

/** Fetches a range, going on where it broke off, until it is there. */
async function fetchRange(blob: BlobFetch, [start, end]: Piece): Promise<void> {
  const { file, written, options } = blob;
  const backoff = createBackoff(file.label, options, options.onStatus);
  for (;;) {
    const position = endOfPieceAt(written.pieces, start);
    if (position >= end) return;
    try {
      using _ = await options.slots.take(options.signal);
      using watch = watchStall(options.clock, options.signal);
      await receive(blob, await openRange(file, [position, end], watch.signal), watch);
    } catch (error) {
      await backoff.wait(error, written.progress, options.signal);
    }
  }
}

/** Writes a body to its place in the file. Not a byte more than its range is taken. */
async function receive(
  blob: BlobFetch,
  { body, range: [start, end], isWhole }: OpenRange,
  watch: StallWatch,
): Promise<void> {
  const { file, written, options } = blob;
  if (!isWhole) acceptRanges(blob);
  else if (blob.knowsRanges) {
    await body.cancel().catch(() => undefined);
    throw new TransientFailure("the server sent everything where a range was asked for");
  } else beginStream(blob);
  let position = start;
  for await (const chunk of readChunks(body, watch)) {
    if (position + chunk.byteLength > end) throw tooMuch(file, end - start);
    await written.write(position, chunk);
    position += chunk.byteLength;
    options.onProgress(written.bytes);
  }
  if (position < end) throw new TransientFailure(`the connection ended ${end - position} bytes early`);
}

function acceptRanges(blob: BlobFetch): void {
  blob.knowsRanges = true;
  blob.letOthersStart();
}

function beginStream(blob: BlobFetch): void {
  const isNoLoss = blob.queue.length === 0 && blob.written.bytes === 0;
  blob.queue.length = 0;
  if (isNoLoss) return;
  blob.options.onStatus(
    `${blob.file.label}: the server knows no ranges; downloading from zero in one stream`,
  );
}

function tooMuch(file: RemoteFile, bytes: number): AppError {
  const message = `${file.label} was not fetched: the server sends more than the ${bytes} bytes it announced`;
  return new AppError("download_failed", message);
}

function incomplete(file: RemoteFile): AppError {
  const message = `${file.label} was not fetched: the server left parts of it out; pull again to go on`;
  return new AppError("download_failed", message);
}

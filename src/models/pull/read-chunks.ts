import { describeFailure, TransientFailure } from "./http-errors.ts";
import type { StallWatch } from "./stall-watch.ts";

/** The chunks of a body, the rest of which is not fetched. Throws TransientFailure for a cut connection or a stall, or what the watch's parent aborted with. */
export async function* readChunks<Chunk extends Uint8Array>(
  body: ReadableStream<Chunk>,
  watch: StallWatch,
): AsyncGenerator<Chunk, void, undefined> {
  const reader = body.getReader();
  const stop = () => void reader.cancel().catch(() => undefined);
  watch.signal.addEventListener("abort", stop, { once: true });
  try {
    for (;;) {
      const { done, value } = await readNext(() => reader.read(), watch.signal);
      watch.seen();
      if (done) break;
      yield value;
    }
  } finally {
    stop();
  }
  watch.signal.throwIfAborted();
}

/** Failures of the connection are transient; those of who takes the chunks are not. */
async function readNext<T>(read: () => Promise<T>, signal: AbortSignal): Promise<T> {
  try {
    return await read();
  } catch (error) {
    signal.throwIfAborted();
    throw new TransientFailure(describeFailure(error));
  }
}

import { maxUnsentStreamBytes } from "./limits.ts";

/** How a protocol frames a stream. */
export type StreamFormat = {
  readonly headers: Readonly<Record<string, string>>;
  /** What is written into silence, so that nobody on the way takes the connection for dead. */
  readonly keepAlive: () => string;
};

export type EventStreamOptions<T> = {
  /** Frames that are ready before the stream begins. */
  readonly opening?: string;
  readonly events: AsyncIterable<T>;
  /** The frames of one event, or an empty string. */
  readonly encode: (event: T) => string;
  /** The frames that end the stream after a failure. */
  readonly encodeError: (error: unknown) => string;
  /** Called when the client has gone away. */
  readonly onCancel: () => void;
  readonly keepAlive: () => string;
  readonly keepAliveMs: number;
};

export type EventStream = { readonly body: ReadableStream<Uint8Array>; readonly ended: Promise<void> };

/** Server-sent events; a comment line keeps a silent stream alive. */
export const sseFormat: StreamFormat = {
  headers: {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-cache",
    "x-accel-buffering": "no",
  },
  keepAlive: () => ": keep-alive\n\n",
};

/**
 * One JSON object a line. The format has no comments and clients parse every line, some every chunk, so silence is
 * filled with a line that says nothing new: an empty delta, or the last progress again.
 */
export function ndjsonFormat(keepAlive: () => string): StreamFormat {
  return {
    headers: {
      "content-type": "application/x-ndjson",
      "cache-control": "no-cache",
      "x-accel-buffering": "no",
    },
    keepAlive,
  };
}

export function toLine(value: object): string {
  return `${JSON.stringify(value)}\n`;
}

const encoder = new TextEncoder();

/**
 * Turns events into a stream of frames. Frames of events that are ready together go out as one chunk, and a client
 * that does not read holds the events back once `maxUnsentStreamBytes` wait for it.
 */
export function createEventStream<T>(options: EventStreamOptions<T>): EventStream {
  const ended = Promise.withResolvers<void>();
  const writer = createWriter(options.keepAlive);
  const keepAlive = setInterval(writer.keepAlive, options.keepAliveMs);
  const body = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        writer.open(controller);
        writer.write(options.opening ?? "");
        void pump(options, writer).finally(() => {
          clearInterval(keepAlive);
          writer.close();
          ended.resolve();
        });
      },
      pull: writer.onPull,
      cancel() {
        writer.abandon();
        options.onCancel();
      },
    },
    new ByteLengthQueuingStrategy({ highWaterMark: maxUnsentStreamBytes }),
  );
  return { body, ended: ended.promise };
}

async function pump<T>(options: EventStreamOptions<T>, writer: Writer): Promise<void> {
  try {
    for await (const event of options.events) {
      writer.write(options.encode(event));
      if (writer.isFull()) await writer.drained();
    }
  } catch (error) {
    writer.write(options.encodeError(error));
  }
}

type Writer = ReturnType<typeof createWriter>;

function createWriter(keepAliveFrame: () => string) {
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  let pending = "";
  let isScheduled = false;
  let wroteSinceKeepAlive = false;
  let onDrained: (() => void) | undefined;

  const flush = () => {
    isScheduled = false;
    if (pending === "" || !controller) return;
    controller.enqueue(encoder.encode(pending));
    pending = "";
    wroteSinceKeepAlive = true;
  };
  const release = () => {
    onDrained?.();
    onDrained = undefined;
  };
  const isFull = () => controller !== undefined && (controller.desiredSize ?? 0) <= 0;
  return {
    open(opened: ReadableStreamDefaultController<Uint8Array>) {
      controller = opened;
    },
    /** setImmediate runs after every event that is already waiting has been encoded. */
    write(frames: string) {
      pending += frames;
      if (pending.length >= maxUnsentStreamBytes) return flush();
      if (isScheduled || pending === "") return;
      isScheduled = true;
      setImmediate(flush);
    },
    isFull,
    drained() {
      const { promise, resolve } = Promise.withResolvers<void>();
      onDrained = resolve;
      return promise;
    },
    onPull: release,
    keepAlive() {
      if (!wroteSinceKeepAlive && !isFull()) controller?.enqueue(encoder.encode(keepAliveFrame()));
      wroteSinceKeepAlive = false;
    },
    abandon() {
      controller = undefined;
      release();
    },
    close() {
      flush();
      controller?.close();
      controller = undefined;
    },
  };
}

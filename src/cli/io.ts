import { createInterface } from "node:readline";

export type CliOutput = {
  readonly isTTY?: boolean;
  /** Of a terminal; absent or 0 where nobody knows. */
  readonly columns?: number;
  write(text: string): unknown;
};
export type StopSignal = "SIGINT" | "SIGTERM";

/** What a command touches of the outside world. */
export type CliIo = {
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly stdout: CliOutput;
  readonly stderr: CliOutput;
  /** Calls the listener at each signal until the returned function is called. */
  onSignal(listener: (signal: StopSignal) => void): () => void;
  /** Resolves once all output has been handed over; nothing can be written after it. */
  close(): Promise<void>;
  /** Ends the program at once, whatever still runs. */
  exit(code: number): void;
};

/** Lines that a person types, one at a time. */
export type LineReader = Disposable & {
  /** Undefined at the end of the input. */
  next(prompt: string): Promise<string | undefined>;
  /** Ctrl-C in a terminal that is read line by line does not arrive as a signal. */
  onInterrupt(listener: () => void): void;
  /** Throws away what is typed of the present line and asks again. */
  discardLine(): void;
};

export function createProcessIo(): CliIo {
  const signals: readonly StopSignal[] = ["SIGINT", "SIGTERM"];
  // The reader of our output may leave at any time, as `head` does; what is left has nowhere to go.
  const outputs = [process.stdout, process.stderr];
  for (const stream of outputs) stream.on("error", () => process.exit(1));
  return {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    onSignal(listener) {
      for (const signal of signals) process.on(signal, listener);
      return () => {
        for (const signal of signals) process.off(signal, listener);
      };
    },
    async close() {
      await Promise.all(outputs.map((stream) => new Promise<void>((resolve) => void stream.end(resolve))));
    },
    exit: (code) => process.exit(code),
  };
}

export function createLineReader(io: CliIo): LineReader {
  const { stdin, stdout } = io;
  const reader = createInterface({
    input: stdin,
    output: process.stdout === stdout ? process.stdout : undefined,
    terminal: process.stdout === stdout && stdin.isTTY === true,
  });
  const lines: string[] = [];
  let isClosed = false;
  let waiting: ((line: string | undefined) => void) | undefined;
  const deliver = (line: string | undefined) => {
    const resolve = waiting;
    waiting = undefined;
    resolve?.(line);
  };
  reader.on("line", (line) => (waiting ? deliver(line) : lines.push(line)));
  reader.on("close", () => {
    isClosed = true;
    deliver(undefined);
  });
  return {
    next(prompt) {
      const line = lines.shift();
      if (line !== undefined) return Promise.resolve(line);
      if (isClosed) return Promise.resolve(undefined);
      return new Promise((resolve) => {
        waiting = resolve;
        reader.setPrompt(prompt);
        reader.prompt();
      });
    },
    onInterrupt: (listener) => void reader.on("SIGINT", listener),
    discardLine() {
      if (!reader.terminal || isClosed) return;
      reader.write(null, { ctrl: true, name: "u" });
      reader.prompt();
    },
    [Symbol.dispose]: () => reader.close(),
  };
}

/** All of a stream that is not a terminal, as text; undefined where it is longer. */
export async function readAll(stream: NodeJS.ReadableStream, maxBytes: number): Promise<string | undefined> {
  return (await readAllBytes(stream, maxBytes))?.toString("utf8");
}

export async function readAllBytes(
  stream: NodeJS.ReadableStream,
  maxBytes: number,
): Promise<Buffer | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream) {
    const bytes = typeof chunk === "string" ? Buffer.from(chunk) : new Uint8Array(chunk);
    size += bytes.byteLength;
    if (size > maxBytes) return undefined;
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

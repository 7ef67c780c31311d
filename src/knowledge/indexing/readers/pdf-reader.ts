import { AppError } from "../../../base/index.ts";
import { type Host, spawnHost } from "../../../process/index.ts";
import type { Block } from "./blocks.ts";
import type { FromReader, ToReader } from "./pdf-protocol.ts";

/** Longest time between two pages, and for all of a file. */
const defaultPageMs = 20_000;
const defaultFileMs = 120_000;
const defaultMaxPages = 5_000;
/** Of all pages; a small file can unfold to far more text than a person wrote. */
const defaultMaxChars = 16_777_216;
const defaultMemoryBytes = 1_073_741_824;
const memoryWatchIntervalMs = 50;

export type PdfText =
  | {
      readonly type: "text";
      readonly title: string;
      readonly pages: number;
      readonly blocks: readonly Block[];
    }
  | { readonly type: "failed"; readonly reason: "too_large" | "unreadable"; readonly detail: string };

type Failed = Extract<PdfText, { type: "failed" }>;

/** Reads one PDF file after another in a process that starts with the first one. Lines of blocks are pages. */
export type PdfReader = Disposable & {
  read(bytes: Uint8Array, signal: AbortSignal): Promise<PdfText>;
};

export type PdfReaderOptions = {
  readonly pageMs?: number;
  readonly fileMs?: number;
  readonly maxPages?: number;
  readonly maxChars?: number;
  readonly memoryBytes?: number;
  /** Another program to run in place of this one. */
  readonly command?: readonly string[];
};

type Running = { readonly host: Host<ToReader>; onMessage: (message: FromReader) => void };

export function createPdfReader(options: PdfReaderOptions = {}): PdfReader {
  let running: Running | undefined;
  let ids = 0;
  return {
    async read(bytes, signal) {
      signal.throwIfAborted();
      running = running && !running.host.hasExited ? running : start(options);
      const result = await readWith(running, { ...options, id: ++ids, bytes }, signal);
      if (result.isSpent) running.host.kill();
      signal.throwIfAborted();
      return result.text;
    },
    [Symbol.dispose]: () => running?.host.kill(),
  };
}

function start({ command, memoryBytes = defaultMemoryBytes }: PdfReaderOptions): Running {
  const started: Running = {
    host: spawnHost<ToReader, FromReader>({
      role: "reader-host",
      memoryWatchIntervalMs,
      onMessage: (message) => started.onMessage(message),
      ...(command && { command }),
    }),
    onMessage: () => undefined,
  };
  started.host.limitMemory(memoryBytes);
  return started;
}

type Reading = PdfReaderOptions & { readonly id: number; readonly bytes: Uint8Array };
/** `isSpent`: the process may still be busy with the file, and is of no more use. */
type Outcome = { readonly text: PdfText; readonly isSpent: boolean };

async function readWith(running: Running, reading: Reading, signal: AbortSignal): Promise<Outcome> {
  const { id, bytes, pageMs = defaultPageMs, fileMs = defaultFileMs, maxPages = defaultMaxPages } = reading;
  const { host } = running;
  const done = Promise.withResolvers<Outcome>();
  const fail = (reason: Failed["reason"], detail: string) =>
    done.resolve({ text: { type: "failed", reason, detail }, isSpent: true });
  const expire = (afterMs: number) =>
    setTimeout(() => fail("too_large", `reading it took longer than ${afterMs / 1000} s`), afterMs);
  const whole = expire(fileMs);
  let page = expire(pageMs);
  const abort = () => fail("unreadable", "reading it was stopped");
  signal.addEventListener("abort", abort, { once: true });
  const take = createTaker(reading);
  running.onMessage = (message) => {
    if (message.type === "ready" || message.id !== id) return;
    clearTimeout(page);
    const outcome = take(message);
    if (outcome) done.resolve(outcome);
    else page = expire(pageMs);
  };
  void host.exited.then(({ killedFor }) =>
    killedFor === "memory-limit"
      ? fail("too_large", "reading it took more memory than is allowed")
      : fail("unreadable", "the process that read it ended"),
  );
  try {
    host.send({ type: "read", id, bytes, maxPages });
    return await done.promise;
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== "host_died") throw error;
    return { text: { type: "failed", reason: "unreadable", detail: error.message }, isSpent: true };
  } finally {
    clearTimeout(whole);
    clearTimeout(page);
    signal.removeEventListener("abort", abort);
    running.onMessage = () => undefined;
  }
}

/** Gathers the pages of a file; gives what became of it once that is known. */
function createTaker({ maxChars = defaultMaxChars }: Reading) {
  const blocks: Block[] = [];
  let chars = 0;
  return (message: Exclude<FromReader, { type: "ready" }>): Outcome | undefined => {
    if (message.type === "failed") {
      const { reason, detail } = message;
      return { text: { type: "failed", reason, detail }, isSpent: false };
    }
    if (message.type === "end") {
      const { title, pages } = message;
      return { text: { type: "text", title, pages, blocks }, isSpent: false };
    }
    chars += message.text.length;
    blocks.push(...toBlocks(message.page, message.text));
    if (chars <= maxChars) return undefined;
    const detail = `it holds more than ${maxChars} characters of text`;
    return { text: { type: "failed", reason: "too_large", detail }, isSpent: true };
  };
}

/** The paragraphs of a page. */
function toBlocks(page: number, text: string): readonly Block[] {
  return text
    .split(/\n[ \t]*\n/)
    .map((each) => each.trim())
    .filter((each) => each !== "")
    .map((each) => ({ text: each, startLine: page, endLine: page }));
}

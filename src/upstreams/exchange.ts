import { AppError } from "../base/index.ts";
import type { Clock } from "../resilience/index.ts";
import { fromFailedAnswer, fromNetworkFault } from "./failures.ts";
import { refuseAnswer } from "./refuse.ts";

export type ExchangeDeps = {
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  /** Milliseconds since 1970. */
  readonly now: () => number;
};

export type ExchangeLimits = {
  /** Until the headers of the answer are there. */
  readonly firstByteMs: number;
  /** Between two pieces of its body. */
  readonly idleMs: number;
  readonly maxBodyBytes: number;
};

export type ExchangeRequest = {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON; absent: a GET. */
  readonly body?: string;
};

/** One request and its answer. Disposing of it cuts the connection where the answer is not whole. */
export type Exchange = Disposable & {
  /** Throws AppError for any status but 2xx; follows no redirect, since the key would go along. */
  send(request: ExchangeRequest): Promise<Response>;
  /** Throws upstream_failed where it breaks, pauses too long or is too big, and the signal's reason once that aborts. */
  read(response: Response): AsyncGenerator<Uint8Array, void, undefined>;
  /** The whole body. */
  readText(response: Response, maxBytes?: number): Promise<string>;
};

/** Of the body of an error. */
const maxErrorBytes = 65_536;

export function openExchange(deps: ExchangeDeps, limits: ExchangeLimits, signal: AbortSignal): Exchange {
  const own = new AbortController();
  const stop = () => own.abort(signal.reason);
  if (signal.aborted) stop();
  else signal.addEventListener("abort", stop, { once: true });

  /** Waits for what ends when the connection is cut, and cuts it when the time is over. */
  async function within<T>(limitMs: number, what: string, work: () => Promise<T>): Promise<T> {
    own.signal.throwIfAborted();
    const late = () => own.abort(new AppError("upstream_failed", `${what} within ${limitMs} ms`));
    const cancel = deps.clock.schedule(limitMs, late);
    try {
      return await work();
    } catch (error) {
      own.signal.throwIfAborted();
      throw error instanceof AppError ? error : fromNetworkFault(error);
    } finally {
      cancel();
    }
  }

  async function* read(response: Response, maxBytes = limits.maxBodyBytes) {
    const reader = response.body?.getReader();
    if (!reader) return;
    let total = 0;
    for (;;) {
      const { value } = await within(limits.idleMs, "sent nothing more", () => reader.read());
      if (!value) return;
      total += value.length;
      if (total > maxBytes) throw refuseAnswer(`answered with more than ${maxBytes} bytes`);
      yield value;
    }
  }

  async function readText(response: Response, maxBytes = limits.maxBodyBytes): Promise<string> {
    const decoder = new TextDecoder();
    let text = "";
    for await (const bytes of read(response, maxBytes)) text += decoder.decode(bytes, { stream: true });
    return text + decoder.decode();
  }

  async function explain(response: Response): Promise<AppError> {
    const { status, headers } = response;
    const body = await readText(response, maxErrorBytes).catch((error) => {
      signal.throwIfAborted();
      return error instanceof AppError ? "" : Promise.reject(error);
    });
    return fromFailedAnswer({ status, headers, body, nowMs: deps.now() });
  }

  return {
    async send({ url, headers, body }) {
      const response = await within(limits.firstByteMs, "did not answer", () =>
        deps.fetch(url, {
          method: body === undefined ? "GET" : "POST",
          headers: { ...headers, ...(body !== undefined && { "content-type": "application/json" }) },
          ...(body !== undefined && { body }),
          redirect: "manual",
          signal: own.signal,
        }),
      );
      if (response.ok) return response;
      throw await explain(response);
    },
    read: (response) => read(response),
    readText,
    [Symbol.dispose]() {
      signal.removeEventListener("abort", stop);
      own.abort(new AppError("cancelled", "the exchange is over"));
    },
  };
}

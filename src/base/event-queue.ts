/**
 * A single-consumer queue that turns pushed events into an async iterable.
 * `fail` ends it with an error after what was pushed before has been read; a consumer that stops early runs `onReturn`.
 */
export class EventQueue<T> implements AsyncIterableIterator<T> {
  readonly #items: T[] = [];
  readonly #onReturn: () => void;
  #waiting: { resolve: (result: IteratorResult<T>) => void; reject: (error: unknown) => void } | undefined;
  #end: { error?: unknown } | undefined;

  constructor(onReturn: () => void = () => {}) {
    this.#onReturn = onReturn;
  }

  push(item: T): void {
    if (this.#end) return;
    const waiting = this.#waiting;
    if (!waiting) {
      this.#items.push(item);
      return;
    }
    this.#waiting = undefined;
    waiting.resolve({ value: item, done: false });
  }

  close(): void {
    this.#finish({});
  }

  fail(error: unknown): void {
    this.#finish({ error });
  }

  next(): Promise<IteratorResult<T>> {
    const item = this.#items.shift();
    if (item !== undefined) return Promise.resolve({ value: item, done: false });
    if (this.#end) return this.#takeEnd(this.#end);
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
  }

  return(): Promise<IteratorResult<T>> {
    const alreadyEnded = this.#end !== undefined;
    this.#items.length = 0;
    this.#end = {};
    if (!alreadyEnded) this.#onReturn();
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #finish(end: { error?: unknown }): void {
    if (this.#end) return;
    this.#end = end;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (!waiting) return;
    if ("error" in end) {
      this.#end = {};
      waiting.reject(end.error);
    } else waiting.resolve({ value: undefined, done: true });
  }

  #takeEnd(end: { error?: unknown }): Promise<IteratorResult<T>> {
    this.#end = {};
    if ("error" in end) return Promise.reject(end.error);
    return Promise.resolve({ value: undefined, done: true });
  }
}

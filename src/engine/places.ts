import { AppError } from "../base/index.ts";

export type PlacesOptions = {
  /** The model, for the error. */
  readonly name: string;
  /** Sequences that run side by side, and that may wait beyond those. */
  readonly parallel: number;
  readonly queue: number;
};

/** Sequences asked for of one model and not yet ended, those that wait for it to load included. */
export class Places {
  readonly #options: PlacesOptions;
  #taken = 0;
  #isClosed = false;
  #emptied: (() => void) | undefined;

  constructor(options: PlacesOptions) {
    this.#options = options;
  }

  get taken(): number {
    return this.#taken;
  }

  /** Takes places until the returned function is called. Throws queue_full at once where there are none. */
  take(count: number): () => void {
    const { name, parallel, queue } = this.#options;
    if (this.#isClosed)
      throw new AppError("shutting_down", "the server is shutting down; try again on its successor");
    if (this.#taken + count > parallel + queue) {
      const message = `${name} is busy: ${parallel} requests may run and ${queue} wait; try again shortly or raise --queue`;
      throw new AppError("queue_full", message, { details: { parallel, queue } });
    }
    this.#taken += count;
    let isReleased = false;
    return () => {
      if (isReleased) return;
      isReleased = true;
      this.#taken -= count;
      if (this.#taken === 0) this.#emptied?.();
    };
  }

  /** Gives no more places and waits until all are free again or the deadline passes. */
  async close(deadline: AbortSignal): Promise<void> {
    this.#isClosed = true;
    if (this.#taken === 0 || deadline.aborted) return;
    await new Promise<void>((resolve) => {
      this.#emptied = resolve;
      deadline.addEventListener("abort", () => resolve(), { once: true });
    });
  }
}

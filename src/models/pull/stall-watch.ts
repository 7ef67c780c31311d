import type { Clock } from "../../resilience/index.ts";
import { TransientFailure } from "./http-errors.ts";
import { stallMs } from "./limits.ts";

/** A signal that aborts with its parent, or with a TransientFailure once nothing was seen for `stallMs`. */
export type StallWatch = Disposable & { readonly signal: AbortSignal; seen(): void };

export function watchStall(clock: Clock, parent: AbortSignal): StallWatch {
  const controller = new AbortController();
  const follow = () => controller.abort(parent.reason);
  if (parent.aborted) follow();
  else parent.addEventListener("abort", follow, { once: true });
  let lastMs = clock.nowMs();
  let cancel = clock.schedule(stallMs, check);
  function check(): void {
    const silentMs = clock.nowMs() - lastMs;
    if (silentMs < stallMs) cancel = clock.schedule(stallMs - silentMs, check);
    else controller.abort(new TransientFailure(`nothing arrived for ${stallMs / 1000} s`));
  }
  return {
    signal: controller.signal,
    seen() {
      lastMs = clock.nowMs();
    },
    [Symbol.dispose]() {
      cancel();
      parent.removeEventListener("abort", follow);
    },
  };
}

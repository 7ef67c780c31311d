import { type Failure, PluginFailure } from "../failure.ts";
import type { Limits } from "../limits.ts";
import type { CallState } from "./call-state.ts";
import { isGuestException } from "./engine-globals.ts";

const maxTrapCharacters = 200;

type Ended = {
  readonly state: CallState;
  readonly limits: Limits;
  readonly isOutOfMemory?: boolean;
  /** What the guest itself said went wrong, before it trapped. */
  readonly said?: string | undefined;
};

/** What a call failed of. Errors of the engine are told apart by their kind; their texts may name files of the host. */
export function nameFailure(
  error: unknown,
  { state, limits: { memoryBytes }, isOutOfMemory = false, said }: Ended,
): Failure {
  if (state.violation) return state.violation.toRecord();
  if (error instanceof PluginFailure) return error.toRecord();
  if (error instanceof RangeError && /call stack/i.test(error.message)) {
    return { code: "stack_overflow", message: "it called itself too deep" };
  }
  if (isOutOfMemory) {
    const message = `it ran out of its ${memoryBytes} bytes of memory; raise its limit memoryBytes if it needs more`;
    return { code: "memory_limit", message };
  }
  if (said !== undefined) return { code: "plugin_error", message: said };
  if (error instanceof WebAssembly.RuntimeError) {
    return { code: "trap", message: `it trapped: ${describeTrap(error.message)}` };
  }
  if (isGuestException(error)) return { code: "trap", message: "it threw and caught nothing" };
  return { code: "trap", message: "it failed in a way that the host does not know" };
}

/** Engines put the place in the guest behind the reason. */
function describeTrap(message: string): string {
  return message.replace(/\s*\((?:evaluating|near).*$/s, "").slice(0, maxTrapCharacters);
}

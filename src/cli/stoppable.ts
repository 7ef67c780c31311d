import { AppError, toAppError } from "../base/index.ts";
import type { CliIo, StopSignal } from "./io.ts";
import { visible } from "./table.ts";
import { exitCodes } from "./usage-error.ts";

/** Runs work that a signal stops, and says what the work says to that. A second signal ends the program at once. */
export async function untilStopped(
  io: CliIo,
  work: (signal: AbortSignal) => Promise<number>,
): Promise<number> {
  const controller = new AbortController();
  let stoppedBy: StopSignal | undefined;
  const release = io.onSignal((signal) => {
    if (stoppedBy !== undefined) io.exit(codeOf(signal));
    stoppedBy ??= signal;
    controller.abort(new AppError("cancelled", "stopped"));
  });
  try {
    return await work(controller.signal);
  } catch (error) {
    if (stoppedBy === undefined) throw error;
    writeError(io, error);
    return codeOf(stoppedBy);
  } finally {
    release();
  }
}

/** Does the work for each; one that fails is told of and the others follow. Stopped work is not gone on with. */
export async function forEach<T>(
  io: CliIo,
  items: readonly T[],
  work: (item: T) => Promise<void>,
): Promise<number> {
  let code: number = exitCodes.success;
  for (const item of items) {
    try {
      await work(item);
    } catch (error) {
      if (items.length === 1 || toAppError(error).code === "cancelled") throw error;
      writeError(io, error);
      code = exitCodes.failure;
    }
  }
  return code;
}

/** Messages quote files, registries and servers, none of which may steer the terminal. */
export function writeError(io: CliIo, error: unknown): void {
  io.stderr.write(`hearth: ${visible(toAppError(error).message)}\n`);
}

function codeOf(signal: StopSignal): number {
  return signal === "SIGINT" ? exitCodes.interrupted : exitCodes.terminated;
}

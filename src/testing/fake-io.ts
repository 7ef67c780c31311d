import { PassThrough } from "node:stream";
import type { CliIo, StopSignal } from "../cli/index.ts";

export type FakeIo = {
  readonly io: CliIo;
  readonly output: () => string;
  readonly errors: () => string;
  /** Exit codes that were asked for at once. */
  readonly exits: readonly number[];
  type(text: string): void;
  endInput(): void;
  signal(signal: StopSignal): void;
};

/** The outside world of a command: what is typed and what is written. */
export function createFakeIo(
  options: {
    readonly stdinIsTTY?: boolean;
    readonly stdoutIsTTY?: boolean;
    readonly stderrIsTTY?: boolean;
    readonly columns?: number;
  } = {},
): FakeIo {
  const stdin = Object.assign(new PassThrough(), { isTTY: options.stdinIsTTY ?? false });
  const listeners = new Set<(signal: StopSignal) => void>();
  const exits: number[] = [];
  let output = "";
  let errors = "";
  return {
    io: {
      stdin,
      stdout: {
        isTTY: options.stdoutIsTTY ?? false,
        ...(options.columns !== undefined && { columns: options.columns }),
        write: (text) => {
          output += text;
        },
      },
      stderr: {
        isTTY: options.stderrIsTTY ?? false,
        columns: options.columns ?? 80,
        write: (text) => {
          errors += text;
        },
      },
      onSignal(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      close: () => Promise.resolve(),
      exit: (code) => exits.push(code),
    },
    output: () => output,
    errors: () => errors,
    exits,
    type: (text) => stdin.write(text),
    endInput: () => stdin.end(),
    signal: (signal) => {
      for (const listener of listeners) listener(signal);
    },
  };
}

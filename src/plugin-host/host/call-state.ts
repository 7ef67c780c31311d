import { type Failure, PluginFailure } from "../failure.ts";
import type { Grants } from "../grants.ts";
import type { Limits } from "../limits.ts";
import type { HostCall, LogLine } from "../protocol.ts";
import type { HttpAnswer } from "./http/client.ts";

const maxLineCharacters = 8_192;

/** The part of a call that host functions look at and count on. One is made for each call and never used again. */
export type CallState = {
  readonly limits: Limits;
  readonly grants: Grants;
  readonly config: Readonly<Record<string, string>>;
  readonly variables: Map<string, Uint8Array>;
  variableBytes: number;
  /** Takes each line as it is logged. */
  log(line: LogLine): void;
  logLines: number;
  logBytes: number;
  hostCalls: number;
  httpRequests: number;
  /** Of the last HTTP request. */
  lastAnswer: HttpAnswer | undefined;
  /** Ends host functions that wait. */
  readonly abort: AbortController;
  /** Asks the server; rejects with PluginFailure. */
  ask(call: HostCall): Promise<Uint8Array | string | undefined>;
  /** Told when the guest's thread is given up and taken again. */
  waiting(): void;
  resumed(): Promise<void> | undefined;
  /** What ended the call. A guest may catch what host functions throw, so it counts even if the guest goes on. */
  violation: PluginFailure | undefined;
};

type StateOptions = Pick<CallState, "limits" | "grants" | "config" | "log" | "ask" | "waiting" | "resumed">;

export function createCallState(options: StateOptions): CallState {
  return {
    ...options,
    variables: new Map(),
    variableBytes: 0,
    logLines: 0,
    logBytes: 0,
    hostCalls: 0,
    httpRequests: 0,
    lastAnswer: undefined,
    abort: new AbortController(),
    violation: undefined,
  };
}

/** Ends the call: remembers the first reason and throws it. */
export function violate(state: CallState, { code, message }: Failure, cause?: unknown): never {
  state.violation ??= new PluginFailure(code, message, { cause });
  throw state.violation;
}

/** Host functions begin with this: a call that has been ended gets nothing more. */
export function checkAlive(state: CallState): void {
  if (state.violation) throw state.violation;
}

export function countHostCall(state: CallState): void {
  checkAlive(state);
  state.hostCalls += 1;
  if (state.hostCalls <= state.limits.hostCalls) return;
  violate(state, {
    code: "call_limit",
    message: `it called the host more than ${state.limits.hostCalls} times in one call; raise its limit hostCalls if that is right`,
  });
}

export function addLog(state: CallState, level: LogLine["level"], text: string, bytes: number): void {
  checkAlive(state);
  state.logBytes += bytes;
  state.logLines += 1;
  if (state.logBytes > state.limits.logBytes || state.logLines > state.limits.logLines) {
    const { logBytes, logLines } = state.limits;
    violate(state, {
      code: "log_limit",
      message: `it logged more than ${logBytes} bytes or ${logLines} lines in one call`,
    });
  }
  state.log({ level, text: text.slice(0, maxLineCharacters) });
}

export function requireGrant(state: CallState, isGranted: boolean, permission: string): void {
  if (isGranted) return;
  violate(state, {
    code: "not_granted",
    message: `it used ${permission}, which it was not granted; an administrator grants it with hearth plugin add, if its manifest asks for it`,
  });
}

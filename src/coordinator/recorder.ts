import type { ErrorCode } from "../base/index.ts";
import type {
  AnswerEvent,
  GenerateEvent,
  GenerateRequest,
  Receipt,
  Timings,
  Usage,
} from "../contract/index.ts";

/** What is known of a generation once it has ended. */
export type GenerationRecord = {
  readonly id: string;
  readonly model: string;
  readonly tenant: string;
  readonly outcome: "finished" | "cancelled" | "failed";
  readonly errorCode?: ErrorCode;
  readonly e2eMs: number;
  /** Until the first piece of the answer; absent where none came. */
  readonly ttftMs?: number;
  /** Gaps between successive pieces of a choice's answer. */
  readonly interTokenMs: readonly number[];
  readonly usage?: Usage;
  readonly timings?: Timings;
  readonly request: GenerateRequest;
  /** Text of the first choice. */
  readonly answer: string;
  /** Absent where the request was refused before it went anywhere. */
  readonly receipt?: Receipt;
};

export type Recorder = {
  observe(event: AnswerEvent): void;
  fail(code: ErrorCode): void;
  finish(): GenerationRecord;
};

/** Watches the events of one generation. A generation that ends without `done` counts as cancelled. */
export function createRecorder(request: GenerateRequest, nowMs: () => number): Recorder {
  const startedMs = nowMs();
  const interTokenMs: number[] = [];
  const lastPieceMs: number[] = [];
  let ttftMs: number | undefined;
  let done: Extract<GenerateEvent, { type: "done" }> | undefined;
  let errorCode: ErrorCode | undefined;
  let receipt: Receipt | undefined;
  let answer = "";

  const observePiece = (choice: number) => {
    const now = nowMs();
    const last = lastPieceMs[choice];
    if (last !== undefined) interTokenMs.push(now - last);
    lastPieceMs[choice] = now;
    ttftMs ??= now - startedMs;
  };

  return {
    observe(event) {
      if (event.type === "text" || event.type === "reasoning" || event.type === "tool-call")
        observePiece(event.choice);
      else if (event.type === "done") done = event;
      else if (event.type === "receipt") receipt = event.receipt;
      if (event.type === "text" && event.choice === 0) answer += event.text;
    },
    fail(code) {
      errorCode = code;
    },
    finish() {
      const failed = errorCode !== undefined && errorCode !== "cancelled";
      return {
        id: request.id,
        model: request.model,
        tenant: request.tenant,
        outcome: failed ? "failed" : done ? "finished" : "cancelled",
        e2eMs: nowMs() - startedMs,
        ...{ interTokenMs, request, answer },
        ...(receipt && { receipt }),
        ...(errorCode === undefined ? {} : { errorCode }),
        ...(ttftMs === undefined ? {} : { ttftMs }),
        ...(done ? { usage: done.usage, timings: done.timings } : {}),
      };
    },
  };
}

import { AppError, toAppError } from "../base/index.ts";
import type { AnswerEvent, GenerateRequest } from "../contract/index.ts";
import type { Engine } from "../engine/index.ts";
import type { Judges } from "../judges/index.ts";
import type { Knowledge } from "../knowledge/index.ts";
import { cacheStage } from "./cache-stage.ts";
import type { Coordinator } from "./coordinator.ts";
import { judgeStage } from "./judge-stage.ts";
import { createRecorder, type GenerationRecord } from "./recorder.ts";
import { retrieveOrTell } from "./retrieval/retrieve-stage.ts";
import { tellReceipt } from "./tell-receipt.ts";

export type { GenerationRecord } from "./recorder.ts";

export type PipelineDeps = {
  readonly engine: Pick<Engine, "find" | "tokenize">;
  readonly coordinator: Pick<Coordinator, "settings" | "router" | "cache">;
  judges(): Promise<Pick<Judges, "watch">>;
  knowledge(): Promise<Knowledge>;
  /** Side work: it may fail without touching the reply. */
  readonly record: (record: GenerationRecord) => void;
  readonly logger: { error(event: string, fields: Readonly<Record<string, unknown>>): void };
  readonly nowMs: () => number;
};

/** The one way to an answer: every protocol and tool of Hearth generates through it. */
export async function* generate(
  deps: PipelineDeps,
  request: GenerateRequest,
  signal: AbortSignal,
): AsyncGenerator<AnswerEvent, void, undefined> {
  const recorder = createRecorder(request, deps.nowMs);
  try {
    await admit(deps, request, signal);
    for await (const event of await answer(deps, request, signal)) {
      recorder.observe(event);
      yield event;
    }
  } catch (error) {
    const failure = toFailure(error, signal);
    recorder.fail(failure.code);
    throw failure;
  } finally {
    record(deps, recorder.finish());
  }
}

/** An answer that is known, or one that is made: retrieved for, routed, generated, judged, and kept. */
async function answer(
  deps: PipelineDeps,
  asked: GenerateRequest,
  signal: AbortSignal,
): Promise<AsyncIterable<AnswerEvent>> {
  const { router } = deps.coordinator;
  const known = await cacheStage(deps, asked, signal);
  if (known.hit) {
    // Judges see the question too.
    const judged: GenerateRequest = known.isLocal ? { ...asked, privacy: "local" } : asked;
    return tellReceipt(
      judgeStage(deps, judged, () => known.events, signal),
      known,
    );
  }
  const informed = await retrieveOrTell(deps, asked, signal);
  const route = (request: GenerateRequest) =>
    router.route({ ...informed, request, asked: asked.input }, signal);
  const judged = judgeStage(deps, informed.request, route, signal);
  return known.keep(tellReceipt(judged, { ...known, ...informed }));
}

/** Refuses what can be refused before the engine is asked. */
async function admit(deps: PipelineDeps, request: GenerateRequest, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const entry = await deps.engine.find(request.model);
  const { capabilities } = entry.description ?? entry.summary;
  if (!capabilities.generate) {
    throw new AppError("invalid_request", `The model "${entry.id}" does not generate text.`, {
      details: { param: "model" },
    });
  }
  if (request.input.type === "infill" && !capabilities.infill) {
    throw new AppError(
      "invalid_request",
      `The model "${entry.id}" has no fill-in-the-middle tokens; leave suffix out.`,
      {
        details: { param: "suffix" },
      },
    );
  }
}

/** What a request failed of: where it was aborted, the abort's own reason if that says more than "cancelled". */
export function toFailure(error: unknown, signal: AbortSignal): AppError {
  if (!signal.aborted) return toAppError(error);
  if (signal.reason instanceof AppError) return signal.reason;
  return new AppError("cancelled", "The request was cancelled.", { cause: error });
}

function record(deps: PipelineDeps, result: GenerationRecord): void {
  try {
    deps.record(result);
  } catch (error) {
    deps.logger.error("record_failed", { id: result.id, error: toAppError(error).message });
  }
}

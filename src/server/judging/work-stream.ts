import { type JudgeReport, type SuiteProgress, toReportBody } from "../../judges/index.ts";
import { streamEnd } from "../openai/answer.ts";

type WorkEvent =
  | { readonly type: "progress"; readonly progress: SuiteProgress }
  | { readonly type: "result"; readonly report: JudgeReport };

/** Progress and then the result. Of progress that comes faster than it is read, the latest is told. */
export async function* followWork(
  work: (onProgress: (progress: SuiteProgress) => void) => Promise<JudgeReport>,
): AsyncGenerator<WorkEvent> {
  let latest: SuiteProgress | undefined;
  let next = Promise.withResolvers<void>();
  const ended = work((progress) => {
    latest = progress;
    next.resolve();
  });
  const settled = ended.then(
    () => {},
    () => {},
  );
  let isOver = false;
  while (!isOver) {
    isOver = await Promise.race([next.promise.then(() => false), settled.then(() => true)]);
    next = Promise.withResolvers<void>();
    const progress = latest;
    latest = undefined;
    if (progress) yield { type: "progress", progress };
  }
  yield { type: "result", report: await ended };
}

/** Named events, as other streams of Hearth end with `[DONE]`. */
export function encodeWork(event: WorkEvent): string {
  if (event.type === "progress") return toFrame("progress", toProgressBody(event.progress));
  return `${toFrame("result", toReportBody(event.report))}${streamEnd}`;
}

function toFrame(name: string, body: object): string {
  return `event: ${name}\ndata: ${JSON.stringify(body)}\n\n`;
}

function toProgressBody({ runId, ...progress }: SuiteProgress) {
  return { run: runId, ...progress };
}

import { AppError, EventQueue } from "../../base/index.ts";
import {
  type CoordinationProgress,
  type CoordinationRun,
  parseBudget,
  parseCoordinationSpec,
  toCoordinationBody,
  toCoordinationHtml,
  toCoordinationMarkdown,
  toCoordinationProgressBody,
  toCoordinationRunBody,
} from "../../judges/index.ts";
import { streamAnswer } from "../answer.ts";
import { readBody } from "../body.ts";
import { maxNameCharacters } from "../limits.ts";
import { streamEnd, toStreamCodec } from "../openai/answer.ts";
import { readPathName } from "../path-name.ts";
import { type AppContext, callerOf } from "../request-scope.ts";
import type { RouteDeps } from "../route.ts";
import { coordinationSchema, resumeSchema } from "./coordination-bodies.ts";

type Measuring = (options: {
  readonly signal: AbortSignal;
  readonly tenant: string;
  readonly privacy?: "local";
  readonly onProgress: (progress: CoordinationProgress) => void;
}) => Promise<CoordinationRun>;

type CoordinationEvent =
  | { readonly type: "progress"; readonly progress: CoordinationProgress }
  | { readonly type: "result"; readonly run: CoordinationRun };

export async function handleMeasure(context: AppContext, deps: RouteDeps): Promise<Response> {
  const { stream = false, ...fields } = await readBody(context, coordinationSchema());
  const spec = parseCoordinationSpec(fields);
  const { coordination } = await deps.judges();
  return await answer(context, deps, { stream, work: (options) => coordination.measure(spec, options) });
}

export async function handleResume(context: AppContext, deps: RouteDeps): Promise<Response> {
  const hasBody = context.req.raw.body !== null;
  const { stream = false, budget, ...others } = hasBody ? await readBody(context, resumeSchema()) : {};
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) {
    const message = `there is no field "${unknown.slice(0, maxNameCharacters)}"; there are budget and stream`;
    throw new AppError("invalid_request", message, {
      details: { param: unknown.slice(0, maxNameCharacters) },
    });
  }
  const changes = budget === undefined ? {} : { budget: parseBudget(budget) };
  const id = readPathName(context);
  const { coordination } = await deps.judges();
  const work: Measuring = (options) => coordination.resume(id, { ...options, ...changes });
  return await answer(context, deps, { stream, work });
}

export async function handleList(context: AppContext, deps: RouteDeps): Promise<Response> {
  const { coordination } = await deps.judges();
  return context.json({
    runs: (await coordination.list(context.get("scope").tenant)).map(toCoordinationRunBody),
  });
}

export async function handleShow(context: AppContext, deps: RouteDeps): Promise<Response> {
  const format = context.req.query("format") ?? "json";
  if (!isFormat(format)) {
    const message = `format: there is no "${format.slice(0, maxNameCharacters)}"; there are json, md and html`;
    throw new AppError("invalid_request", message, { details: { param: "format" } });
  }
  const { coordination } = await deps.judges();
  const run = await coordination.get(readPathName(context), context.get("scope").tenant);
  if (format === "json") return context.json(toCoordinationBody(run));
  if (!run.result) {
    throw new AppError(
      "conflict",
      `the run ${run.run.id} is ${run.run.status} and has no report; resume it first`,
    );
  }
  if (format === "md") return context.body(toCoordinationMarkdown(run.result), 200, markdownHeaders);
  return context.body(toCoordinationHtml(run.result), 200, htmlHeaders);
}

const markdownHeaders = {
  "content-type": "text/markdown; charset=utf-8",
  "x-content-type-options": "nosniff",
};
/** What models said stands in the page: even where the escaping failed nothing of it would run or load. */
const htmlHeaders = {
  "content-type": "text/html; charset=utf-8",
  "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
  "x-content-type-options": "nosniff",
};

function isFormat(format: string): format is "json" | "md" | "html" {
  return format === "json" || format === "md" || format === "html";
}

async function answer(
  context: AppContext,
  deps: RouteDeps,
  { stream, work }: { readonly stream: boolean; readonly work: Measuring },
): Promise<Response> {
  const scope = context.get("scope");
  const caller = { signal: scope.abort.signal, ...callerOf(scope) };
  if (!stream) return context.json(toCoordinationBody(await work({ ...caller, onProgress: () => {} })));
  const events = new EventQueue<CoordinationEvent>();
  void work({ ...caller, onProgress: (progress) => events.push({ type: "progress", progress }) }).then(
    (run) => {
      events.push({ type: "result", run });
      events.close();
    },
    (error: unknown) => events.fail(error),
  );
  return await streamAnswer(context, deps, events, toStreamCodec(encode));
}

/** Named events, as those of other runs. */
function encode(event: CoordinationEvent): string {
  if (event.type === "progress") return toFrame("progress", toCoordinationProgressBody(event.progress));
  return `${toFrame("result", toCoordinationBody(event.run))}${streamEnd}`;
}

function toFrame(name: string, body: object): string {
  return `event: ${name}\ndata: ${JSON.stringify(body)}\n\n`;
}

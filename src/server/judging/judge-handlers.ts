import type { JsonValue } from "../../contract/index.ts";
import { generate } from "../../coordinator/index.ts";
import {
  askModel,
  changeSuite,
  type JudgedText,
  parseCriteria,
  parseProbeSpec,
  parseStarter,
  type Suite,
  type Suites,
  systemJudgeClock,
  toJudgementBody,
  toJunit,
  toProbeBody,
  toReportBody,
  toRunSummary,
  toSuite,
  userMessage,
  type WorkOptions,
  worstVerdict,
} from "../../judges/index.ts";
import { streamAnswer } from "../answer.ts";
import { readBody } from "../body.ts";
import { findModel } from "../find-model.ts";
import { maxNameCharacters } from "../limits.ts";
import { toStreamCodec } from "../openai/answer.ts";
import { invalidParameter } from "../parameter-errors.ts";
import { readPathName } from "../path-name.ts";
import { type AppContext, callerOf } from "../request-scope.ts";
import type { RouteDeps } from "../route.ts";
import {
  type JudgeBody,
  type JudgeRunBody,
  judgeResumeSchema,
  judgeRunSchema,
  judgeSchema,
  probeSchema,
} from "./judge-bodies.ts";
import { encodeWork, followWork } from "./work-stream.ts";

/** Judges the answer of the body, or that of the model it names. */
export async function handleJudge(context: AppContext, deps: RouteDeps): Promise<Response> {
  const body = await readBody(context, judgeSchema());
  const scope = context.get("scope");
  const criteria = parseCriteria(body.criteria ?? {});
  const { validation } = await deps.judges();
  await validation.checkCriteria(criteria);
  if (body.judge_model !== undefined) await findModel(deps.engine, body.judge_model);
  const answer = await obtainAnswer(context, deps, body);
  const { model: answeredBy, ...text } = answer;
  const judgement = await validation.judgeAnswer(text, criteria, {
    ...{ signal: scope.abort.signal, ...callerOf(scope) },
    ...(body.judge_model !== undefined && { judgeModel: body.judge_model }),
    ...(answeredBy !== undefined && { answeredBy }),
  });
  const made = body.response === undefined && { response: text.response, tool_calls: text.toolCalls ?? [] };
  return context.json({
    ...(answeredBy !== undefined && { model: answeredBy }),
    ...made,
    ...toJudgementBody(judgement),
  });
}

export async function handleProbe(context: AppContext, deps: RouteDeps): Promise<Response> {
  const spec = parseProbeSpec(await readBody(context, probeSchema()), "body");
  const { probes } = await deps.judges();
  const scope = context.get("scope");
  const results = await probes.probe(spec, scope.abort.signal, callerOf(scope));
  return context.json({
    verdict: worstVerdict(results.map(({ verdict }) => verdict)),
    probes: results.map(toProbeBody),
  });
}

export async function handleRun(context: AppContext, deps: RouteDeps): Promise<Response> {
  const body = await readBody(context, judgeRunSchema());
  const { model, compare, judge_model: judgeModel } = body;
  if (model !== undefined && compare) {
    throw invalidParameter("compare", "compare: name the models here or one as model, not both.");
  }
  const suite = readSuite(body);
  const { suites } = await deps.judges();
  const judge = judgeModel === undefined ? {} : { judgeModel };
  return await answerWork(context, deps, body, async (options) => {
    if (compare) return await suites.compare(suite, { models: compare, ...judge }, options);
    return await suites.run(suite, { ...(model !== undefined && { model }), ...judge }, options);
  });
}

export async function handleResume(context: AppContext, deps: RouteDeps): Promise<Response> {
  const hasBody = context.req.raw.body !== null;
  const body = hasBody ? await readBody(context, judgeResumeSchema()) : {};
  const { suites } = await deps.judges();
  const id = readPathName(context);
  return await answerWork(context, deps, body, (options) => suites.resume(id, options));
}

export async function handleList(context: AppContext, deps: RouteDeps): Promise<Response> {
  const { suites } = await deps.judges();
  return context.json({ runs: (await suites.list(context.get("scope").tenant)).map(toRunSummary) });
}

export async function handleShow(context: AppContext, deps: RouteDeps): Promise<Response> {
  const { suites } = await deps.judges();
  const format = context.req.query("format") ?? "json";
  if (format !== "json" && format !== "junit") {
    throw invalidParameter(
      "format",
      `format: expected json or junit, got "${format.slice(0, maxNameCharacters)}".`,
    );
  }
  const report = await suites.report(readPathName(context), context.get("scope").tenant);
  if (format === "json") return context.json(toReportBody(report));
  if (report.kind !== "suite") {
    throw invalidParameter("format", "format: junit tells of one run, and this is a comparison of several.");
  }
  return new Response(toJunit(report), { headers: junitHeaders });
}

/** What models said stands in it. */
const junitHeaders = {
  "content-type": "application/xml; charset=utf-8",
  "x-content-type-options": "nosniff",
};

type Answer = JudgedText & { readonly model?: string };

async function obtainAnswer(context: AppContext, deps: RouteDeps, body: JudgeBody): Promise<Answer> {
  const { prompt = "", response, context: texts, reference, tool_calls: toolCalls = [], model } = body;
  const given = {
    ...{ prompt, ...(texts && { context: texts }) },
    ...(reference !== undefined && { reference }),
  };
  if (response !== undefined) {
    // What comes out of a JSON body is JSON.
    const calls = toolCalls.map(({ name, arguments: values = {} }) => ({
      name,
      arguments: values as JsonValue,
    }));
    return { ...given, response, toolCalls: calls, ...(model !== undefined && { model }) };
  }
  if (model === undefined || prompt === "") {
    throw invalidParameter("response", "response: give the answer, or prompt and model to have one made.");
  }
  const scope = context.get("scope");
  const entry = await findModel(deps.engine, model);
  scope.model = entry.id;
  const {
    text,
    toolCalls: called,
    usage,
  } = await askModel(
    { generate: (request, signal) => generate(deps.pipeline, request, signal), clock: systemJudgeClock },
    {
      ...{
        model: entry.id,
        messages: userMessage(prompt),
        ...callerOf(scope),
        sampling: readSampling(body),
      },
      ...(body.max_tokens !== undefined && { maxTokens: body.max_tokens }),
    },
    scope.abort.signal,
  );
  scope.usage = usage;
  const calls = called.map((call) => ({ name: call.name, arguments: call.arguments }));
  return { ...given, response: text, toolCalls: calls, model: entry.id };
}

function readSampling({ temperature, seed }: JudgeBody) {
  return { ...(temperature !== undefined && { temperature }), ...(seed !== undefined && { seed }) };
}

function readSuite({ suite, repetitions, seed }: JudgeRunBody): Suite {
  const parsed = suite ? toSuite(suite, "suite") : parseStarter();
  const changes = { ...(repetitions !== undefined && { repetitions }), ...(seed !== undefined && { seed }) };
  return changeSuite(parsed, changes, "suite");
}

/** Waits for the report, or tells of each answer as it comes. The client's going away stops the work. */
async function answerWork(
  context: AppContext,
  deps: RouteDeps,
  {
    stream = false,
    concurrency,
  }: { readonly stream?: boolean | undefined; readonly concurrency?: number | undefined },
  work: (options: WorkOptions) => ReturnType<Suites["resume"]>,
): Promise<Response> {
  const scope = context.get("scope");
  const options = {
    signal: scope.abort.signal,
    ...callerOf(scope),
    ...(concurrency !== undefined && { concurrency }),
  };
  if (!stream) return context.json(toReportBody(await work(options)));
  const events = followWork((onProgress) => work({ ...options, onProgress }));
  return await streamAnswer(context, deps, events, toStreamCodec(encodeWork));
}

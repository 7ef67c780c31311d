import { AppError, createId } from "../../base/index.ts";
import type { GenerateRequest } from "../../contract/index.ts";
import type { CoordinatorDeps } from "../deps.ts";
import { findAuto } from "./auto-model.ts";
import type { BarStore, CalibratedBar } from "./bar-store.ts";
import { toReport } from "./calibration-body.ts";
import {
  type BarTarget,
  type CurvePoint,
  checkExamples,
  choosePoint,
  drawCurve,
  separation,
  type WeighedExample,
} from "./calibration-curve.ts";
import type { RouteExample } from "./calibration-examples.ts";
import { createConfidence } from "./confidence.ts";
import { readTarget } from "./target.ts";
import { decideTokens } from "./weigh.ts";

export type CalibrationRequest = {
  /** Absent: the local model that `auto` chooses. */
  readonly model?: string;
  readonly examples: readonly RouteExample[];
  /** Absent: the curve is drawn and no bar is set. */
  readonly target?: BarTarget;
  /** Share of right answers of the larger model; absent: all of them. */
  readonly remoteQuality?: number;
  readonly onExample?: (done: number) => void;
};

export type RouteCalibration = {
  readonly model: string;
  readonly modelDigest: string;
  readonly examples: number;
  readonly right: number;
  readonly remoteQuality: number;
  readonly curve: readonly CurvePoint[];
  /** How well confidence tells right from wrong, 0.5 to 1; absent where all are the same. */
  readonly separation?: number;
  readonly target?: BarTarget;
  readonly chosen?: CurvePoint;
  /** As it is kept now. */
  readonly stored?: CalibratedBar;
};

type CalibrateDeps = Pick<CoordinatorDeps, "generate" | "library" | "upstreams" | "settings" | "engine"> & {
  readonly bars: Pick<BarStore, "save">;
};

const tenant = "routing";
/** So that the same file gives the same bar. */
const seed = 1;

/** Throws AppError invalid_request for too few examples, a remote model, and a quality that cannot be reached. */
export async function calibrate(
  deps: CalibrateDeps,
  { examples, target, remoteQuality = 1, onExample, ...request }: CalibrationRequest,
  signal: AbortSignal,
): Promise<RouteCalibration> {
  const model = await findLocal(deps, request.model);
  const weighed: WeighedExample[] = [];
  for (const [index, example] of examples.entries()) {
    const place = `examples[${index}]`;
    weighed.push(
      "prompt" in example ? await weighExample(deps, model.name, { ...example, place }, signal) : example,
    );
    onExample?.(index + 1);
  }
  checkExamples(weighed);
  const curve = drawCurve(weighed, { remoteQuality });
  const chosen = target && choosePoint(curve, target);
  const measured = separation(weighed);
  const calibration = {
    ...{ model: model.name, modelDigest: model.digest, curve, remoteQuality },
    ...{ examples: weighed.length, right: weighed.filter(({ ok }) => ok).length },
    ...(measured !== undefined && { separation: measured }),
  };
  if (!target || !chosen) return calibration;
  const told = { ...calibration, target, chosen };
  const { name, digest: modelDigest } = model;
  const stored = await deps.bars.save({ model: name, modelDigest, bar: chosen.bar, report: toReport(told) });
  return { ...told, stored };
}

async function findLocal(deps: CalibrateDeps, asked: string | undefined) {
  const wanted = asked ?? findAuto(deps.settings, deps.upstreams)?.local ?? deps.settings.models[0];
  if (wanted === undefined) {
    throw new AppError("model_not_found", "no model was named, and none is configured; name one");
  }
  const target = await readTarget(deps, wanted);
  if (target.kind === "remote") {
    throw new AppError(
      "invalid_request",
      `model: a bar is for a model of this machine, and ${wanted} is elsewhere`,
      {
        details: { param: "model" },
      },
    );
  }
  const { id } = await deps.engine.find(wanted);
  const record = await deps.library.find(id);
  return { name: id, digest: record?.digest ?? id };
}

type AskedExample = { readonly prompt: string; readonly ok: boolean; readonly place: string };

/** By an answer that is sampled as a client's would be, and never anywhere else. */
async function weighExample(
  { generate }: CalibrateDeps,
  model: string,
  { prompt, ok, place }: AskedExample,
  signal: AbortSignal,
): Promise<WeighedExample> {
  const confidence = createConfidence();
  for await (const event of generate(toRequest(model, prompt), signal)) {
    if (event.type === "logprobs") confidence.add(event.tokens);
  }
  const value = confidence.value();
  if (value !== undefined) return { confidence: value, ok };
  throw new AppError("invalid_request", `${place}: the model answered nothing that could be weighed`, {
    details: { param: place },
  });
}

function toRequest(model: string, prompt: string): GenerateRequest {
  return {
    ...{ id: createId(tenant), model, tenant, sampling: { seed }, maxTokens: decideTokens },
    input: {
      ...{ type: "chat", messages: [{ role: "user", content: prompt }], tools: [], toolChoice: "none" },
      ...{ parallelToolCalls: false, reasoning: { format: "split" }, templateVariables: {} },
      ...{ continueFinalMessage: false, addGenerationPrompt: true },
    },
    ...{ stop: [], choices: 1, topLogprobs: 0, entropy: false, promptLogprobs: false },
    ...{ priority: "batch", cachePrompt: true, caching: "off", privacy: "local", routing: "local" },
  };
}

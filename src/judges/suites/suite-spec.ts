/** What a stored run of a suite needs to be gone on with: nothing else is asked for when it is resumed. */
import { z } from "zod";
import { AppError } from "../../base/index.ts";
import type { JsonObject, JsonValue } from "../../contract/index.ts";
import type { JudgeDeps } from "../deps.ts";
import { findModel, type ModelIdentity } from "../find-model.ts";
import { toSuite } from "./parse-suite.ts";
import type { Suite } from "./suite.ts";

export type ModelMark = { readonly id: string; readonly digest: string };

export type SuiteSpec = {
  readonly suite: Suite;
  readonly seed: number;
  /** Absent: all answers are there. */
  readonly model?: ModelMark;
  readonly judgeModel?: ModelMark;
};

const mark = z.object({ id: z.string(), digest: z.string() });

const specBody = z.object({
  suite: z.record(z.string(), z.json()),
  seed: z.int(),
  model: mark.exactOptional(),
  judge_model: mark.exactOptional(),
});

/** All that is kept of a model. */
export function toMark({ id, digest }: ModelMark): ModelMark {
  return { id, digest };
}

export function toSpecBody({ suite, seed, model, judgeModel }: SuiteSpec): JsonObject {
  return {
    ...{ suite: suite.source, seed },
    ...(model && { model: toMark(model) }),
    ...(judgeModel && { judge_model: toMark(judgeModel) }),
  };
}

export function readSpec(value: JsonValue, runId: string): SuiteSpec {
  const { suite, seed, model, judge_model: judgeModel } = specBody.parse(value);
  return {
    ...{ suite: toSuite(suite, runId), seed },
    ...(model && { model }),
    ...(judgeModel && { judgeModel }),
  };
}

/** The model as it is now. Throws AppError conflict where it is another than the run began with. */
export async function findSame(
  deps: Pick<JudgeDeps, "engine" | "library" | "models">,
  before: ModelMark,
  runId: string,
): Promise<ModelIdentity> {
  const model = await findModel(deps, before.id);
  if (model.digest === before.digest) return model;
  const message = `${before.id} has changed since ${runId} began (${before.digest} then, ${model.digest} now); begin a new run`;
  throw new AppError("conflict", message);
}

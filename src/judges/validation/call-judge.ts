import { AppError } from "../../base/index.ts";
import type { JsonObject } from "../../contract/index.ts";
import type { JudgeInput, JudgeOutput } from "../../plugin-host/index.ts";
import type { JudgeDeps } from "../deps.ts";
import { roundScore, type Violation, verdictOf, worstVerdict } from "../verdict.ts";
import type { Finding } from "./finding.ts";
import type { JudgedText, Opinion } from "./judgement.ts";
import type { JudgePlan } from "./plan-judges.ts";

export type JudgeCall = {
  readonly answer: JudgedText;
  readonly plan: JudgePlan;
  /** What only the host can find out, such as similarities; criteria that a user gave go before it. */
  readonly measured?: JsonObject;
  /** Said where the judge abstains for want of what the host could not find out. */
  readonly reason?: string;
  readonly signal: AbortSignal;
  readonly depth?: number;
};

/** Asks one plugin. What fails of it is a reason for having no score; the signal's abort alone is thrown. */
export async function callJudge(plugins: JudgeDeps["plugins"], call: JudgeCall): Promise<Finding> {
  const { plan, signal, depth } = call;
  const host = await plugins();
  signal.throwIfAborted();
  const result = await host.judge(plan.plugin, toInput(call), {
    signal,
    ...(depth !== undefined && { depth }),
  });
  if (!result.ok) {
    signal.throwIfAborted();
    return { unscored: [{ name: plan.plugin, reason: result.failure.message, fault: true }] };
  }
  return toFinding(result.output, call);
}

function toInput({ answer, plan, measured }: JudgeCall): JudgeInput {
  const { prompt, response, reference, toolCalls = [] } = answer;
  return {
    ...{ prompt, response, context: [...plan.context] },
    criteria: { ...measured, ...plan.criteria } as NonNullable<JudgeInput["criteria"]>,
    toolCalls: toolCalls.map((call) => ({ ...call })) as NonNullable<JudgeInput["toolCalls"]>,
    ...(reference !== undefined && { reference }),
  };
}

function toFinding(output: JudgeOutput, { plan, reason }: JudgeCall): Finding {
  const { plugin, threshold, isCounted } = plan;
  const { verdict, score, reasons, metrics } = output;
  const opinion: Opinion = {
    ...{ judge: plugin, verdict, weight: plan.weight, reasons, metrics },
    ...(score !== undefined && { score }),
    ...(threshold !== undefined && { threshold }),
  };
  const why = reason ?? reasons[0] ?? "it abstained";
  const isScoreMissed = score === undefined && (threshold !== undefined || reason !== undefined);
  const isSilent = verdict === "abstain" || isScoreMissed;
  return {
    opinion,
    violations: isCounted ? [...toViolations(output, plugin), ...toThresholdViolation(opinion)] : [],
    unscored: isCounted && isSilent ? [{ name: plugin, reason: why }] : [],
  };
}

/** Its own violations; where its verdict is worse than they are, or it has none, one for the verdict. */
function toViolations({ verdict, violations, reasons }: JudgeOutput, plugin: string): readonly Violation[] {
  const own = violations.map(({ observed, limit, ...violation }) => ({
    ...violation,
    ...(observed !== undefined && { observed }),
    ...(limit !== undefined && { limit }),
  }));
  const told = verdictOf(own);
  if (verdict === "pass" || verdict === "abstain" || worstVerdict([told, verdict]) === told) return own;
  const message = reasons.length === 0 ? `${plugin} says ${verdict}` : `${plugin}: ${reasons.join("; ")}`;
  return [...own, { rule: `judge:${plugin}`, severity: verdict === "fail" ? "failure" : "warning", message }];
}

/** A score below its threshold is a failure: whoever sets one wants it kept. */
export function toThresholdViolation({
  judge,
  score,
  threshold,
}: Pick<Opinion, "judge" | "score" | "threshold">): readonly Violation[] {
  if (score === undefined || threshold === undefined) return [];
  const observed = roundScore(score);
  if (observed >= threshold) return [];
  const message = `${judge} scores ${observed}, below ${threshold}`;
  return [{ rule: `judge:${judge}`, severity: "failure", observed, limit: threshold, message }];
}

/** Throws AppError invalid_request where a plugin is not there, or is none that judges. */
export async function checkJudges(plugins: JudgeDeps["plugins"], names: readonly string[]): Promise<void> {
  if (names.length === 0) return;
  const host = await plugins();
  for (const name of names) {
    const record = await host.get(name).catch((cause: unknown) => {
      throw new AppError("invalid_request", `there is no judge "${name}"; hearth plugin ls lists them`, {
        cause,
      });
    });
    if (record.manifest.kind === "judge") continue;
    const message = `${name} is a ${record.manifest.kind} and cannot judge; hearth plugin ls lists judges`;
    throw new AppError("invalid_request", message);
  }
}

import type { JudgeDeps } from "../deps.ts";
import type { ModelIdentity } from "../find-model.ts";
import { mean } from "../statistics/descriptive.ts";
import type { Criteria } from "../validation/criteria.ts";
import type { Judgement } from "../validation/judgement.ts";
import type { Validation } from "../validation/validation.ts";
import { type Unscored, type Verdict, type Violation, verdictOf, worstVerdict } from "../verdict.ts";
import { type AskDeps, askCase, type Reply } from "./ask-case.ts";
import { checkCalls } from "./check-calls.ts";
import { checkExpectation } from "./check-expectation.ts";
import type { Outcome } from "./outcome.ts";
import type { SuiteCase } from "./suite.ts";

export type CaseDeps = AskDeps &
  Pick<JudgeDeps, "plugins"> & {
    readonly validation: Validation;
    /** Of cases that say nothing about how they are judged. */
    readonly usualCriteria: Criteria;
  };

export type CaseOptions = {
  /** Absent: all answers are there. */
  readonly model?: ModelIdentity;
  readonly judgeModel?: string;
  readonly repetition: number;
  readonly seed: number;
  readonly signal: AbortSignal;
};

type Answered = Extract<Reply, { answered: true }>;

/** What one way of judging says of an answer. */
type Finding = {
  readonly verdict: Verdict;
  readonly score?: number;
  readonly violations: readonly Violation[];
  readonly unscored: readonly Unscored[];
};

/** Asks for one answer and judges it. Throws what keeps any case from being answered, and when aborted. */
export async function judgeCase(deps: CaseDeps, entry: SuiteCase, options: CaseOptions): Promise<Outcome> {
  const { model, repetition, seed, signal } = options;
  const place = { case: entry.name, repetition };
  if (needsTools(entry) && model && !model.capabilities.tools) {
    return { ...place, ...nothing, ...skip(`skipped: ${model.id} cannot call tools`) };
  }
  const reply = await askCase(deps, entry, { model: model?.id ?? "", seed, signal });
  if (!reply.answered) return { ...place, ...nothing, ...toFailure(reply) };
  const [judgement, expected, calls] = await Promise.all([
    judgeText(deps, entry, reply, options),
    entry.expect && checkExpectation(deps, entry.expect, reply.text, signal),
    entry.expectedCalls && checkCalls(deps, entry, reply.calls, signal),
  ]);
  const findings: readonly Finding[] = [
    ...(judgement ? [judgement] : []),
    ...(expected ? [{ ...expected, verdict: verdictOf(expected.violations) }] : []),
    ...(calls ? [calls] : []),
  ];
  const { text: answer, answered: _, ...facts } = reply;
  return {
    ...{ ...place, ...nothing, ...facts, answer },
    ...join(findings, judgement),
    suggestions: judgement?.suggestions ?? [],
    warnings: judgement?.warnings ?? [],
    judges: scoresByJudge(judgement),
  };
}

/** Without a word on how it is judged, by what is usual; with expectations alone, by these alone. */
async function judgeText(
  { validation, usualCriteria }: CaseDeps,
  entry: SuiteCase,
  reply: Answered,
  { judgeModel, model, signal }: CaseOptions,
): Promise<Judgement | undefined> {
  const isTold = entry.expect !== undefined || entry.expectedCalls !== undefined;
  if (!entry.criteria && isTold) return undefined;
  const isCallAlone = reply.calls.length > 0 && reply.text.trim() === "";
  if (isCallAlone && isTold) return undefined;
  const { prompt, context, reference } = entry;
  return await validation.judgeAnswer(
    {
      ...{ prompt, response: reply.text, context, toolCalls: reply.calls },
      ...(reference !== undefined && { reference }),
    },
    entry.criteria ?? usualCriteria,
    {
      signal,
      ...(judgeModel !== undefined && { judgeModel }),
      ...(model && { answeredBy: model.id }),
    },
  );
}

/** The worst verdict leads the message, and the score is the mean of those that there are. */
function join(findings: readonly Finding[], judgement: Judgement | undefined) {
  const violations = findings.flatMap((finding) => finding.violations);
  const unscored = findings.flatMap((finding) => finding.unscored);
  const scores = findings.flatMap(({ score }) => (score === undefined ? [] : [score]));
  const verdict = worstVerdict(findings.map((finding) => finding.verdict));
  const worst = violations.find(({ severity }) => severity === "failure") ?? violations[0];
  return {
    ...{ verdict, violations, unscored },
    message:
      worst?.message ??
      judgement?.message ??
      (verdict === "abstain" ? tellUnscored(unscored) : "as expected"),
    ...(scores.length > 0 && { score: mean(scores) }),
  };
}

function tellUnscored(unscored: readonly Unscored[]): string {
  return unscored[0] ? `${unscored[0].name}: ${unscored[0].reason}` : "nothing was judged";
}

function needsTools({ response, tools }: SuiteCase): boolean {
  return response === undefined && tools.length > 0;
}

const nothing = {
  ...{ answer: "", calls: [], violations: [], unscored: [], suggestions: [], warnings: [], judges: {} },
  ...{ durationMs: 0, promptTokens: 0, completionTokens: 0 },
} satisfies Partial<Outcome>;

function skip(message: string) {
  return { verdict: "abstain" as const, message };
}

/** No answer is a failure of the case, and no score. */
function toFailure({ error, durationMs }: Extract<Reply, { answered: false }>) {
  const { code, message } = error;
  return { verdict: "fail" as const, message, error: { code, message }, durationMs };
}

function scoresByJudge(judgement: Judgement | undefined): Readonly<Record<string, number>> {
  const opinions = judgement?.opinions ?? [];
  return Object.fromEntries(
    opinions.flatMap(({ judge, score }) => (score === undefined ? [] : [[judge, score] as const])),
  );
}

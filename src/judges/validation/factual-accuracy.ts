/** Whether evidence supports an answer: `supported` is said by entailment alone, never by words that both have. */
import type { Embedder } from "../similarity/embedder.ts";
import type { Finding } from "./finding.ts";
import {
  type CompliancePreset,
  findComplianceViolation,
  type GroundedConfidence,
  isCompliant,
  measureGroundedConfidence,
} from "./grounded-confidence.ts";
import type { JudgedText } from "./judgement.ts";
import { measureTextSimilarity } from "./measure-similarity.ts";
import { groundingJudge, listEvidence } from "./plan-judges.ts";
import type { EvaluatorDeps } from "./rubric/ask-evaluator.ts";
import { checkEntailment, type Entailment } from "./rubric/entailment.ts";

const name = "factual_accuracy";

export type FactualQuestion = {
  readonly answer: JudgedText;
  readonly judgeModel?: string;
  /** Absent: nothing is held against the answer beyond a contradiction. */
  readonly compliance?: CompliancePreset;
  readonly answeredBy?: string;
  readonly depth?: number;
  /** What the judge `grounding` found. */
  readonly grounding: Promise<Finding> | undefined;
  /** Of a model; the words of two texts do not tell how alike they mean. */
  readonly embedder?: Embedder;
};

/** Without evidence it is unscored; a contradiction is a failure. */
export async function checkFactualAccuracy(
  deps: EvaluatorDeps,
  question: FactualQuestion,
  signal: AbortSignal,
): Promise<Finding> {
  const evidence = listEvidence(question.answer);
  if (evidence.length === 0) {
    const reason = "there is neither a reference nor context to check it against";
    return withCompliance(unscored(reason), undefined, question.compliance);
  }
  const [entailment, grounding, semantic] = await Promise.all([
    entail(deps, question, evidence, signal),
    question.grounding,
    question.embedder &&
      measureTextSimilarity(question.embedder, [question.answer.response, evidence.join("\n")], signal),
  ]);
  const said = conclude(entailment, grounding);
  const grounded = measureGrounded(entailment, grounding, semantic?.ok === true ? semantic.value : undefined);
  const { compliance = "default" } = question;
  const metrics = grounded ? toMetrics(grounded, compliance) : {};
  const found = withCompliance(said, grounded, question.compliance);
  return { ...found, metrics, warnings: entailment?.warnings ?? [] };
}

/** Compliance that was asked for and could not be measured is unscored, and no violation. */
function withCompliance(
  found: Finding,
  grounded: GroundedConfidence | undefined,
  preset: CompliancePreset | undefined,
): Finding {
  if (preset === undefined) return found;
  if (!grounded) {
    const reason = "it takes evidence and a judge model that says what the evidence entails";
    return { ...found, unscored: [...(found.unscored ?? []), { name: "compliance", reason }] };
  }
  const violation = findComplianceViolation(grounded, preset);
  return violation ? { ...found, violations: [...(found.violations ?? []), violation] } : found;
}

async function entail(
  deps: EvaluatorDeps,
  { answer, judgeModel, answeredBy, depth }: FactualQuestion,
  evidence: readonly string[],
  signal: AbortSignal,
): Promise<Entailment | undefined> {
  if (judgeModel === undefined || answer.response.trim() === "") return undefined;
  const asked = {
    ...{ evidence, hypothesis: answer.response, judgeModel },
    ...(answeredBy !== undefined && { answeredBy }),
    ...(depth !== undefined && { depth }),
  };
  return await checkEntailment(deps, asked, signal);
}

function conclude(entailment: Entailment | undefined, grounding: Finding | undefined): Finding {
  const denied = grounding?.opinion?.metrics.contradictions ?? 0;
  if (denied > 0) {
    const sentences = denied === 1 ? "1 sentence" : `${denied} sentences`;
    return contradicted(`${sentences} of the answer contradict the evidence: ${listReasons(grounding)}`);
  }
  if (entailment?.verdict === "contradicted") {
    return contradicted("the answer contradicts the evidence, says the judge model");
  }
  if (entailment?.verdict === "supported") return { factualAccuracy: "supported" };
  if (entailment) return unscored(entailment.reason);
  const failed = grounding?.unscored?.[0]?.reason;
  const isSilent = grounding?.opinion?.verdict === "abstain";
  if (failed !== undefined || isSilent)
    return unscored(`${groundingJudge}: ${failed ?? listReasons(grounding)}`);
  return unscored(
    "its words do not contradict the evidence; a judge model could tell whether that supports it",
  );
}

function listReasons(grounding: Finding | undefined): string {
  return grounding?.opinion?.reasons.join("; ") ?? "";
}

function contradicted(message: string): Finding {
  const violation = {
    rule: "require_factual_accuracy",
    severity: "failure",
    observed: "contradicted",
    message,
  } as const;
  return { factualAccuracy: "contradicted", violations: [violation] };
}

function unscored(reason: string): Finding {
  return { factualAccuracy: "unscored", unscored: [{ name, reason }] };
}

/** Where there is an entailment: without it nothing of it tells what the answer says. */
function measureGrounded(
  entailment: Entailment | undefined,
  grounding: Finding | undefined,
  semantic: number | undefined,
): GroundedConfidence | undefined {
  if (entailment?.label === undefined || entailment.score === undefined) return undefined;
  const { label, score } = entailment;
  const { grounding: share, ungrounded_terms: ungroundedTerms } = grounding?.opinion?.metrics ?? {};
  return measureGroundedConfidence({
    entailment: { label, probability: label === "contradiction" ? 1 - score : score },
    ...(semantic !== undefined && { semantic }),
    ...(share !== undefined && ungroundedTerms !== undefined && { grounding: { share, ungroundedTerms } }),
  });
}

function toMetrics(grounded: GroundedConfidence, preset: CompliancePreset): Readonly<Record<string, number>> {
  return {
    ...(grounded.nli !== undefined && { nli_score: grounded.nli }),
    grounded_confidence: grounded.confidence,
    grounded_match: grounded.isMatch ? 1 : 0,
    hallucination: grounded.isHallucination ? 1 : 0,
    compliant: isCompliant(grounded, preset) ? 1 : 0,
  };
}

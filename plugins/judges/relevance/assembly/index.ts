import {
  abstain,
  isBlank,
  JudgeInput,
  KeywordSearch,
  refuse,
  roundTo,
  runJudge,
  showNumber,
  Verdict,
} from "hearth-sdk";
import { Criteria } from "./criteria";
import { scoreLegacy } from "./legacy";

/** What can be read within the memory that a call has by default. */
const maxSize = 1_000_000;

export function judge(): i32 {
  return runJudge((input) => {
    const criteria = new Criteria(input.criteria);
    if (criteria.fault != "") return refuse(criteria.fault);
    if (input.response.length + input.prompt.length > maxSize)
      return abstain("the prompt and the answer are too large to be read");
    return check(input, criteria);
  });
}

function check(input: JudgeInput, criteria: Criteria): Verdict {
  const search = new KeywordSearch(input.response);
  const required = criteria.required.length;
  const found = search.count(criteria.required);
  const hasForbidden = search.count(criteria.forbidden) > 0;
  const share = required == 0 ? NaN : <f64>found / <f64>required;
  const verdict = new Verdict().withMetric(
    "relevance_legacy",
    scoreLegacy(input.prompt, input.response, criteria, share, hasForbidden),
  );
  if (required > 0) verdict.withMetric("keywords_found", share);
  if (isBlank(input.response)) return finish(verdict, 0, criteria);
  if (isNaN(criteria.similarity)) return finishWithoutSimilarity(verdict, share, criteria);
  const embedded = scale(criteria);
  verdict.withMetric("similarity", criteria.similarity).withMetric("scaled_similarity", embedded);
  return finish(verdict, required == 0 ? embedded : 0.5 * embedded + 0.5 * share, criteria);
}

/** clip((cosine - unmatched) / (matched - unmatched), 0, 1): 0 like answers to other prompts, 1 like good ones. */
function scale(criteria: Criteria): f64 {
  const share = (criteria.similarity - criteria.unmatched) / (criteria.matched - criteria.unmatched);
  return Math.min(1, Math.max(0, share));
}

function finish(verdict: Verdict, relevance: f64, criteria: Criteria): Verdict {
  const rounded = roundTo(relevance, 4);
  if (rounded < criteria.least) warnOf(verdict, "relevance " + showNumber(rounded), rounded, criteria.least);
  else verdict.verdict = "pass";
  return verdict.withScore(rounded).withMetric("relevance", rounded);
}

/** What is not known is at most 1, so that missing keywords can settle it alone. */
function finishWithoutSimilarity(verdict: Verdict, share: f64, criteria: Criteria): Verdict {
  const most = isNaN(share) ? 1 : roundTo(0.5 + 0.5 * share, 4);
  if (most < criteria.least) {
    warnOf(verdict, `relevance is at most ${showNumber(most)}, which`, most, criteria.least);
    return verdict;
  }
  verdict.verdict = "abstain";
  return verdict.withReason("no similarity is given to score relevance by");
}

function warnOf(verdict: Verdict, subject: string, observed: f64, limit: f64): void {
  const message = `${subject} is below ${showNumber(limit)}`;
  verdict.verdict = "warn";
  verdict.withReason(message).withViolation("min_relevance_score", "warning", message, observed, limit);
}

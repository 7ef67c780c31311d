import { Policy, roundTo, ValueScoreInput, ValueScoreOutput } from "hearth-sdk";
import { complexityOf, feedbackOf, noveltyOf, outcomeOf, precision, reusabilityOf } from "./terms";

const highValueThreshold = 0.7;

export function decide(): i32 {
  return new Policy().onValueScore((input) => score(input)).run();
}

/**
 * value = min(1, outcome + feedback + reusability + complexity + novelty), from 0 to 1. Rounded to 4 decimals before it is
 * compared: 0.4 + 0.2 + 0.1 is 0.7000000000000001 in binary.
 */
function score(input: ValueScoreInput): ValueScoreOutput {
  const output = new ValueScoreOutput();
  const terms = output.terms;
  terms.outcome = outcomeOf(input.outcome);
  terms.feedback = feedbackOf(input.feedback);
  terms.reusability = reusabilityOf(input.query, input.n80);
  terms.complexity = complexityOf(input.response);
  terms.novelty = noveltyOf(input.n90);
  const sum = terms.outcome + terms.feedback + terms.reusability + terms.complexity + terms.novelty;
  output.value = min(1.0, roundTo(sum, precision));
  output.highValue = output.value >= highValueThreshold;
  output.extract = output.highValue && input.outcome == "success";
  return output;
}

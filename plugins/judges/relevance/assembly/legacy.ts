import { countCodePoints, roundTo, Words } from "hearth-sdk";
import { Criteria } from "./criteria";

/** Takes off what binary fractions add. */
const decimals = 9;

/**
 * The score of an earlier system, kept for what was stored with it: half the share of required keywords (0.5 where none is
 * required), less 0.3 with a forbidden one, 0.3 times the share of the prompt's words that the answer repeats exactly, and
 * 0.2 for a length in range, else -0.2 where it is too short and -0.1 where it is too long; from 0 to 1.
 */
export function scoreLegacy(
  prompt: string,
  response: string,
  criteria: Criteria,
  share: f64,
  hasForbidden: bool,
): f64 {
  const length = <f64>countCodePoints(response);
  let score = isNaN(share) ? 0.5 : 0.5 * share;
  if (hasForbidden) score -= 0.3;
  score += 0.3 * shareEchoed(prompt.toLowerCase(), response.toLowerCase());
  if (length < criteria.minLength) score -= 0.2;
  else if (length > criteria.maxLength) score -= 0.1;
  else score += 0.2;
  return roundTo(Math.min(1, Math.max(0, score)), decimals);
}

function shareEchoed(prompt: string, response: string): f64 {
  const words = new Words([prompt, response], true);
  const asked = words.ends[0];
  if (asked == 0) return 0;
  const numbers = words.number();
  const isAnswered = new StaticArray<bool>(words.count);
  for (let i = asked; i < words.count; i++) isAnswered[numbers[i]] = true;
  let echoed = 0;
  for (let i = 0; i < asked; i++) if (isAnswered[numbers[i]]) echoed++;
  return <f64>echoed / <f64>asked;
}

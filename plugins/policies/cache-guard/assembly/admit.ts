import { CacheAdmitInput, CacheAdmitOutput } from "hearth-sdk";
import { whyNotLasting } from "./lasting";
import { maxUnits } from "./serve";

/** Refusals and failures say so at once; what stands further down belongs to an answer. */
const headUnits = 240;

const refusals: StaticArray<string> = [
  "i cannot",
  "i can't",
  "i can not",
  "i could not",
  "i couldn't",
  "i'm unable",
  "i am unable",
  "i'm not able",
  "i am not able",
  "i don't know",
  "i do not know",
  "i'm not sure",
  "i am not sure",
  "i have no information",
  "i don't have",
  "i do not have",
  "i won't",
  "i will not",
  "i must decline",
  "i'm sorry",
  "i am sorry",
  "i apologize",
  "i apologise",
  "sorry, ",
  "as an ai",
  "as a language model",
  "unable to ",
  "not able to answer",
  "no information",
];
const failures: StaticArray<string> = [
  "error:",
  "internal server error",
  "an error occurred",
  "traceback (most recent",
  "exception:",
  "timed out",
  "timeout:",
  "request failed",
  "failed to ",
  "service unavailable",
  "rate limit",
  "too many requests",
  "[object object]",
  '{"error"',
];

export function admit(input: CacheAdmitInput): CacheAdmitOutput {
  const output = new CacheAdmitOutput();
  output.reason = whyNot(input.query, input.response);
  output.admit = output.reason == "";
  return output;
}

function whyNot(query: string, response: string): string {
  if (query.trim() == "") return "the question is blank";
  if (query.length > maxUnits) return "the question is too long for others to be like it";
  const start = firstUnit(response);
  if (start == response.length) return "the answer is blank";
  const head = response
    .substring(start, start + headUnits)
    .toLowerCase()
    .replaceAll("’", "'");
  for (let i = 0; i < refusals.length; i++) {
    if (head.includes(refusals[i])) return `the answer looks like a refusal: "${refusals[i].trim()}"`;
  }
  for (let i = 0; i < failures.length; i++) {
    if (head.startsWith(failures[i])) return `the answer looks like an error: "${failures[i].trim()}"`;
  }
  if (isUnfinished(response)) return "the answer ends within a block of code";
  return whyNotLasting(query);
}

/** A fence that is opened and not closed: the answer was cut off. */
function isUnfinished(response: string): bool {
  let fences = 0;
  for (let at = response.indexOf("```"); at >= 0; at = response.indexOf("```", at + 3)) fences++;
  return (fences & 1) != 0;
}

/** Where white space ends; the answer may be too large to be copied. */
function firstUnit(text: string): i32 {
  let at = 0;
  while (at < text.length && isSpace(text.charCodeAt(at))) at++;
  return at;
}

function isSpace(unit: i32): bool {
  return (
    unit <= 0x20 || unit == 0xa0 || unit == 0x3000 || unit == 0xfeff || (unit >= 0x2000 && unit <= 0x200f)
  );
}

import {
  abstain,
  fail,
  isUnspaced,
  JudgeInput,
  refuse,
  roundTo,
  runJudge,
  showNumber,
  Verdict,
} from "hearth-sdk";
import { Contradictions, Postings } from "./contradictions";
import { MissingNumbers } from "./missing-numbers";
import { findOpposites } from "./opposites";
import { Scan } from "./scan";
import { Vocabulary } from "./vocabulary";

const maxNamedTerms = 10;
const maxTermUnits = 60;
/** What can be compared within the memory that a call has by default; see `sizeOf`. */
const maxSize = 2_500_000;

export function judge(): i32 {
  return runJudge((input) => {
    const share = input.criteria.get("min_grounding");
    const bar = share.asNumber(share.exists ? -1 : 0.5);
    if (!(bar >= 0 && bar <= 1)) return refuse("criteria.min_grounding must be a number from 0 to 1");
    const most = input.criteria.get("max_ungrounded_terms");
    const maxTerms = most.asInteger(most.exists ? -1 : 5);
    if (maxTerms < 0) return refuse("criteria.max_ungrounded_terms must be a whole number, 0 or more");
    return check(input, bar, maxTerms);
  });
}

function check(input: JudgeInput, minGrounding: f64, maxTerms: i32): Verdict {
  let size = sizeOf(input.response) + sizeOf(input.prompt);
  for (let i = 0; i < input.context.length; i++) size += sizeOf(input.context[i]);
  if (size > maxSize) return abstain("the answer and its context are too large to be compared");
  const context = new Scan(input.context, false);
  if (context.count == 0 && context.numbers.length == 0) {
    return abstain("there is no context to compare the answer with");
  }
  if (input.response.trim() == "") return fail("the answer is blank").withScore(0);
  const answer = new Scan([input.response], true);
  const vocabulary = new Vocabulary(context.starts, context.lengths, context.count);
  const found = new StaticArray<i32>(answer.count);
  let grounded = 0;
  for (let i = 0; i < found.length; i++) {
    found[i] = vocabulary.find(answer.starts[i], answer.lengths[i]);
    if (found[i] >= 0) grounded++;
  }
  const missing = new MissingNumbers(answer, context, new Scan([input.prompt], false));
  const opposites = findOpposites(answer, found, vocabulary);
  const contradictions = new Contradictions(answer, context, new Postings(context, vocabulary), missing);
  contradictions.count(found, opposites);
  const findings = new Findings(missing, contradictions);
  findings.words = found.length;
  findings.sentences = answer.negated.length;
  findings.grounding = found.length == 0 ? 0 : <f64>grounded / <f64>found.length;
  findings.terms = listUngrounded(answer, found);
  return findings.toVerdict(minGrounding, maxTerms);
}

function listUngrounded(answer: Scan, found: StaticArray<i32>): Vocabulary {
  let count = 0;
  for (let i = 0; i < found.length; i++) if (found[i] < 0) count++;
  const starts = new StaticArray<usize>(count);
  const lengths = new StaticArray<i32>(count);
  for (let i = 0, to = 0; i < found.length; i++) {
    if (found[i] >= 0) continue;
    starts[to] = answer.starts[i];
    lengths[to++] = answer.lengths[i];
  }
  return new Vocabulary(starts, lengths, count);
}

class Findings {
  words: i32 = 0;
  sentences: i32 = 0;
  grounding: f64 = 0;
  terms: Vocabulary = new Vocabulary([], [], 0);

  constructor(
    private missing: MissingNumbers,
    private contradictions: Contradictions,
  ) {}

  toVerdict(minGrounding: f64, maxTerms: i32): Verdict {
    const verdict = new Verdict();
    const rounded = roundTo(this.grounding, 4);
    const termCount = this.terms.count;
    const isLow = this.words > 0 && rounded < minGrounding;
    if (isLow) verdict.withReason(`grounding ${showNumber(rounded)} is below ${showNumber(minGrounding)}`);
    if (termCount > maxTerms)
      verdict.withReason(`${termCount} terms are not in the context: ${this.nameTerms()}`);
    const denied = this.contradictions.negations;
    if (denied > 0) verdict.withReason(`${sentencesOf(denied)} from the context in negation`);
    const replaced = this.contradictions.numbers;
    if (replaced > 0) verdict.withReason(`${sentencesOf(replaced)} from the context in a number`);
    const isFailed = verdict.reasons.length > 0;
    if (this.missing.count > 0)
      verdict.withReason("numbers not in the context or prompt: " + this.nameNumbers());
    const isWarned = verdict.reasons.length > 0;
    verdict.verdict = isFailed ? "fail" : isWarned ? "warn" : "pass";
    if (this.words == 0 && !isWarned) {
      verdict.verdict = "abstain";
      verdict.withReason("the answer has no content words to look for");
    }
    return verdict
      .withScore(this.score())
      .withMetric("grounding", this.grounding)
      .withMetric("ungrounded_terms", <f64>termCount)
      .withMetric("numbers_missing", <f64>this.missing.values.length)
      .withMetric("contradictions", <f64>this.contradictions.total);
  }

  /** The grounding, less what is contradicted; a number from nowhere counts as a word that is not found. */
  private score(): f64 {
    let score = this.grounding;
    if (this.sentences > 0) score *= 1 - <f64>this.contradictions.total / <f64>this.sentences;
    const all = this.words + this.missing.total;
    return all > 0 ? score * (1 - <f64>this.missing.count / <f64>all) : score;
  }

  private nameTerms(): string {
    const names: string[] = [];
    const count = min(this.terms.count, maxNamedTerms);
    for (let i = 0; i < count; i++) {
      const units = min(this.terms.lengths[i], maxTermUnits);
      names.push(String.UTF16.decodeUnsafe(this.terms.starts[i], (<usize>units) << 1));
    }
    return names.join(", ");
  }

  private nameNumbers(): string {
    const names: string[] = [];
    const values = this.missing.values;
    for (let i = 0; i < min(values.length, maxNamedTerms); i++) {
      names.push(isFinite(values[i]) ? showNumber(values[i]) : "one that is too large");
    }
    return names.join(", ");
  }
}

/** Characters of texts without spaces count three times: each of them begins a word. */
function sizeOf(text: string): i32 {
  let size = text.length;
  for (let i = 0; i < text.length; i++) if (isUnspaced(<u32>text.charCodeAt(i))) size += 2;
  return size;
}

function sentencesOf(count: i32): string {
  return count == 1 ? "1 sentence differs" : `${count} sentences differ`;
}

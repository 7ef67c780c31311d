import { MissingNumbers } from "./missing-numbers";
import { Scan } from "./scan";
import { Vocabulary } from "./vocabulary";

/** A word that stands in more sentences of the context leads to the first of them alone: matching stays linear. */
const maxPostings = 64;
/** Of one sentence that are compared. */
const maxNumbers = 64;

/** The sentences of a context that each of its words stands in. */
export class Postings {
  private firsts: StaticArray<i32>;
  private sentences: StaticArray<i32>;

  constructor(scan: Scan, vocabulary: Vocabulary) {
    const ids = vocabulary.ids;
    this.firsts = new StaticArray<i32>(vocabulary.count + 1);
    this.sentences = new StaticArray<i32>(ids.length);
    for (let i = 0; i < ids.length; i++) this.firsts[ids[i] + 1] += 1;
    for (let i = 1; i < this.firsts.length; i++) this.firsts[i] += this.firsts[i - 1];
    const filled = new StaticArray<i32>(vocabulary.count);
    for (let i = 0; i < ids.length; i++) {
      const at = this.firsts[ids[i]] + filled[ids[i]];
      filled[ids[i]] += 1;
      this.sentences[at] = scan.sentences[i];
    }
  }

  first(id: i32): i32 {
    return this.firsts[id];
  }

  end(id: i32): i32 {
    return min(this.firsts[id + 1], this.firsts[id] + maxPostings);
  }

  sentence(at: i32): i32 {
    return this.sentences[at];
  }
}

/**
 * Sentences of the answer that share half of their words or more with a sentence of the context, the most of all, and
 * say something else. Among equals one that agrees is enough.
 */
export class Contradictions {
  /** What one of both denies. */
  negations: i32 = 0;
  /** With a number that is nowhere, in the place of one that the context has. */
  numbers: i32 = 0;
  private shared: StaticArray<i32>;
  private touched: i32[] = [];
  /** Of each sentence of the context whether it has an odd count of words that the sentence at hand has the opposites of. */
  private opposed: StaticArray<bool>;

  constructor(
    private answer: Scan,
    private context: Scan,
    private postings: Postings,
    private missing: MissingNumbers,
  ) {
    this.shared = new StaticArray<i32>(context.negated.length);
    this.opposed = new StaticArray<bool>(context.negated.length);
  }

  get total(): i32 {
    return this.negations + this.numbers;
  }

  /** Of each word of the answer: what it is in the context, or what it is the opposite of there, or -1. */
  count(found: StaticArray<i32>, opposites: StaticArray<i32>): void {
    const sentences = this.answer.sentences;
    let from = 0;
    while (from < found.length) {
      const sentence = sentences[from];
      let end = from;
      for (; end < found.length && sentences[end] == sentence; end++) {
        if (found[end] >= 0) this.share(found[end], false);
        else if (opposites[end] >= 0) this.share(opposites[end], true);
      }
      this.judge(sentence, end - from);
      for (let i = 0; i < this.touched.length; i++) {
        this.shared[this.touched[i]] = 0;
        this.opposed[this.touched[i]] = false;
      }
      this.touched.length = 0;
      from = end;
    }
  }

  private share(id: i32, isOpposite: bool): void {
    const postings = this.postings;
    let last = -1;
    for (let at = postings.first(id); at < postings.end(id); at++) {
      const sentence = postings.sentence(at);
      if (sentence == last) continue;
      if (this.shared[sentence] == 0) this.touched.push(sentence);
      this.shared[sentence] += 1;
      // The opposite of a word denies as a negation does.
      if (isOpposite) this.opposed[sentence] = !this.opposed[sentence];
      last = sentence;
    }
  }

  private judge(sentence: i32, wordCount: i32): void {
    let best = 0;
    for (let i = 0; i < this.touched.length; i++) best = max(best, this.shared[this.touched[i]]);
    if (best == 0 || best * 2 < wordCount) return;
    let agrees = false;
    let isReplaced = false;
    for (let i = 0; i < this.touched.length; i++) {
      const other = this.touched[i];
      if (this.shared[other] < best) continue;
      const isDenied = this.answer.negated[sentence] != this.opposed[other];
      if (this.context.negated[other] == isDenied) agrees = true;
      if (this.missing.inSentence[sentence] && !isReplaced) isReplaced = this.lacksNumberOf(sentence, other);
    }
    if (!agrees) this.negations++;
    else if (isReplaced) this.numbers++;
  }

  /** Whether the sentence of the context has a number that the one of the answer has not. */
  private lacksNumberOf(sentence: i32, other: i32): bool {
    const own = firstOf(this.answer.numberSentences, sentence);
    const theirs = firstOf(this.context.numberSentences, other);
    const end = min(this.context.numbers.length, theirs + maxNumbers);
    for (let i = theirs; i < end && this.context.numberSentences[i] == other; i++) {
      if (!this.hasNumber(this.context.numbers[i], own, sentence)) return true;
    }
    return false;
  }

  private hasNumber(value: f64, from: i32, sentence: i32): bool {
    const end = min(this.answer.numbers.length, from + maxNumbers);
    for (let i = from; i < end && this.answer.numberSentences[i] == sentence; i++) {
      if (this.answer.numbers[i] == value) return true;
    }
    return false;
  }
}

/** The first place of a value in a rising list, or where it would stand. */
function firstOf(rising: i32[], value: i32): i32 {
  let low = 0;
  let high = rising.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rising[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

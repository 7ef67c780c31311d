import { Scan } from "./scan";
import { Vocabulary } from "./vocabulary";

/** A word that stands in more sentences of the context leads to the first of them alone: matching stays linear. */
const maxPostings = 64;

/** The sentences of a context that each of its words stands in. */
class Postings {
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
 * Counts sentences of the answer that share half of their words or more with a sentence of the context, the most of all,
 * and differ from it in negation. Among equals one that agrees is enough.
 */
export function countContradictions(
  answer: Scan,
  found: StaticArray<i32>,
  context: Scan,
  words: Vocabulary,
): i32 {
  const postings = new Postings(context, words);
  const shared = new StaticArray<i32>(context.negated.length);
  const touched: i32[] = [];
  let count = 0;
  let from = 0;
  while (from < found.length) {
    const sentence = answer.sentences[from];
    let end = from;
    touched.length = 0;
    for (; end < found.length && answer.sentences[end] == sentence; end++) {
      if (found[end] >= 0) share(postings, found[end], shared, touched);
    }
    if (isContradicted(answer.negated[sentence], end - from, shared, touched, context)) count++;
    for (let i = 0; i < touched.length; i++) shared[touched[i]] = 0;
    from = end;
  }
  return count;
}

function share(postings: Postings, id: i32, shared: StaticArray<i32>, touched: i32[]): void {
  let last = -1;
  for (let at = postings.first(id); at < postings.end(id); at++) {
    const sentence = postings.sentence(at);
    if (sentence == last) continue;
    if (shared[sentence] == 0) touched.push(sentence);
    shared[sentence] += 1;
    last = sentence;
  }
}

function isContradicted(
  negated: bool,
  wordCount: i32,
  shared: StaticArray<i32>,
  touched: i32[],
  context: Scan,
): bool {
  let best = 0;
  let agrees = true;
  for (let i = 0; i < touched.length; i++) {
    const score = shared[touched[i]];
    if (score < best) continue;
    const isSame = context.negated[touched[i]] == negated;
    agrees = score > best ? isSame : agrees || isSame;
    best = score;
  }
  return best > 0 && best * 2 >= wordCount && !agrees;
}

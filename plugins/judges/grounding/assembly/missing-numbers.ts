import { Scan, withRoom } from "./scan";

/** Values of a text, sorted. */
class Values {
  private plain: f64[] = [];
  private percents: f64[] = [];

  constructor(scan: Scan) {
    this.plain = withRoom<f64>(scan.numbers.length);
    for (let i = 0; i < scan.numbers.length; i++) {
      (scan.percents[i] ? this.percents : this.plain).push(scan.numbers[i]);
    }
    this.plain.sort();
    this.percents.sort();
  }

  /** A percentage may stand there as a plain number, as in a table. */
  has(value: f64, isPercent: bool): bool {
    return isAmong(this.plain, value) || (isPercent && isAmong(this.percents, value));
  }
}

/** Numbers of an answer that neither its context nor its prompt has. */
export class MissingNumbers {
  /** Each once, sorted. */
  values: f64[] = [];
  /** Of each sentence of the answer whether it has one. */
  inSentence: StaticArray<bool>;
  /** How many numbers the answer has, and how many of them are missing, however often each. */
  total: i32;
  count: i32 = 0;

  constructor(answer: Scan, context: Scan, prompt: Scan) {
    this.inSentence = new StaticArray<bool>(answer.negated.length);
    this.total = answer.numbers.length;
    const known = new Values(context);
    const given = new Values(prompt);
    const missing = withRoom<f64>(answer.numbers.length);
    for (let i = 0; i < answer.numbers.length; i++) {
      const value = answer.numbers[i];
      const isPercent = answer.percents[i];
      if (known.has(value, isPercent) || given.has(value, isPercent)) continue;
      missing.push(value);
      this.inSentence[answer.numberSentences[i]] = true;
    }
    this.count = missing.length;
    missing.sort();
    for (let i = 0; i < missing.length; i++) {
      if (i == 0 || missing[i - 1] != missing[i]) this.values.push(missing[i]);
    }
  }
}

function isAmong(sorted: f64[], value: f64): bool {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low < sorted.length && sorted[low] == value;
}

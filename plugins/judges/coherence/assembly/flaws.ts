import { roundTo, showNumber, Verdict } from "hearth-sdk";
import { Reading } from "./reading";
import { countMostRepeated } from "./repeated-sentence";

/** Below this share of different bigrams the score is pulled down. */
const fullBigramShare = 0.5;

const leastRepeats = 3;
const repeatedShare = 0.25;

const saladWords = 30;
const saladFunctionShare = 0.04;
const saladSeparators = 0.15;
const saladSymbols = 0.1;
const unbrokenWords = 60;
const unbrokenVariety = 0.9;

/** Flaws of an answer that need no model to be seen. */
export class Flaws {
  bigramShare: f64;

  constructor(private reading: Reading) {
    this.bigramShare = shareDistinctBigrams(reading.numbers);
  }

  /** min(1, distinct bigrams / bigrams / 0.5). */
  get factor(): f64 {
    return Math.min(1, this.bigramShare / fullBigramShare);
  }

  tell(verdict: Verdict): void {
    this.tellRepeated(verdict);
    this.tellSalad(verdict);
  }

  private tellRepeated(verdict: Verdict): void {
    const sentences = this.reading.sentenceEnds.length;
    const repeats = countMostRepeated(this.reading);
    if (repeats < leastRepeats || <f64>repeats < repeatedShare * <f64>sentences) return;
    const message = `${repeats} of ${sentences} sentences are the same`;
    verdict
      .withReason(message)
      .withViolation("repeated_sentence", "warning", message, <f64>repeats, <f64>(leastRepeats - 1));
  }

  private tellSalad(verdict: Verdict): void {
    const reading = this.reading;
    const words = <f64>reading.count;
    if (reading.asciiLetters < 9 * reading.otherUnits || isListOrCode(reading)) return;
    const share = <f64>reading.functionCount / words;
    const variety = <f64>reading.distinct / words;
    if (reading.count >= saladWords && share < saladFunctionShare) {
      const message = `of ${reading.count} words hardly any joins others`;
      verdict
        .withReason(message)
        .withViolation("word_salad", "warning", message, roundTo(share, 4), saladFunctionShare);
    } else if (reading.count >= unbrokenWords && reading.stops == 0 && variety > unbrokenVariety) {
      const message = `${reading.count} words, ${showNumber(roundTo(variety * 100, 0))} % of them different, make no sentence`;
      verdict
        .withReason(message)
        .withViolation("word_salad", "warning", message, roundTo(variety, 4), unbrokenVariety);
    }
  }
}

function isListOrCode(reading: Reading): bool {
  const words = <f64>reading.count;
  return <f64>reading.separators > saladSeparators * words || <f64>reading.symbols > saladSymbols * words;
}

/** 0 where there is no bigram. */
function shareDistinctBigrams(numbers: StaticArray<i32>): f64 {
  const count = numbers.length - 1;
  if (count < 1) return 0;
  const bigrams = new Array<u64>(count);
  for (let i = 0; i < count; i++) bigrams[i] = ((<u64>numbers[i]) << 32) | <u64>numbers[i + 1];
  bigrams.sort((left, right) => (left < right ? -1 : left > right ? 1 : 0));
  let distinct = 1;
  for (let i = 1; i < count; i++) if (bigrams[i] != bigrams[i - 1]) distinct++;
  return <f64>distinct / <f64>count;
}

import { Reading } from "./reading";

/** Shorter ones, such as "Yes." or the brackets of code, may well come again. */
const leastWords = 3;

let numbers: StaticArray<i32> = [];
let ends: i32[] = [];

/** How often the sentence stands there that stands there most often; by sorting, so that no text makes it slow. */
export function countMostRepeated(reading: Reading): i32 {
  numbers = reading.numbers;
  ends = reading.sentenceEnds;
  const order: i32[] = [];
  for (let i = 0; i < ends.length; i++) if (lengthOf(i) >= leastWords) order.push(i);
  order.sort((left, right) => compareSentences(left, right));
  let most = min(order.length, 1);
  let same = 1;
  for (let i = 1; i < order.length; i++) {
    same = compareSentences(order[i - 1], order[i]) == 0 ? same + 1 : 1;
    most = max(most, same);
  }
  return most;
}

function startOf(sentence: i32): i32 {
  return sentence == 0 ? 0 : ends[sentence - 1];
}

function lengthOf(sentence: i32): i32 {
  return ends[sentence] - startOf(sentence);
}

function compareSentences(left: i32, right: i32): i32 {
  const length = lengthOf(left);
  if (length != lengthOf(right)) return length - lengthOf(right);
  const from = startOf(left);
  const other = startOf(right);
  for (let i = 0; i < length; i++) {
    const difference = numbers[from + i] - numbers[other + i];
    if (difference != 0) return difference;
  }
  return 0;
}

import { Scan } from "./scan";
import { Vocabulary } from "./vocabulary";
import { isWord } from "./words";

/** What turns a word into its opposite. */
const prefixes: StaticArray<string> = ["un", "dis", "non", "ir", "il"];
/** "in" and "im" begin too many words that are no opposites, such as information and improve. */
const opposed: StaticArray<string> = [
  "inaccurate",
  "inactive",
  "incomplete",
  "incorrect",
  "ineffective",
  "inedible",
  "insecure",
  "insufficient",
  "invalid",
  "invisible",
  "impossible",
  "improper",
];
const leastUnits = 4;
const mostUnits = 60;
const scratch: StaticArray<u16> = new StaticArray<u16>(64);

/** Of each word of the answer that the context lacks: the word there that it is the opposite of by its prefix, or -1. */
export function findOpposites(answer: Scan, found: StaticArray<i32>, words: Vocabulary): StaticArray<i32> {
  const opposites = new StaticArray<i32>(found.length);
  for (let i = 0; i < found.length; i++) {
    opposites[i] = found[i] < 0 ? findOpposite(answer.starts[i], answer.lengths[i], words) : -1;
  }
  return opposites;
}

/** "safe" for "unsafe", and "unsafe" for "safe". */
function findOpposite(start: usize, length: i32, words: Vocabulary): i32 {
  if (length < leastUnits || length > mostUnits) return -1;
  for (let i = 0; i < prefixes.length; i++) {
    const found = findByPrefix(prefixes[i], start, length, words);
    if (found >= 0) return found;
  }
  for (let i = 0; i < opposed.length; i++) {
    const whole = changetype<usize>(opposed[i]);
    const units = opposed[i].length;
    if (isWord(start, length, opposed[i])) return words.findExactly(start + 4, length - 2);
    if (length == units - 2 && memory.compare(whole + 4, start, (<usize>length) << 1) == 0) {
      return words.findExactly(whole, units);
    }
  }
  return -1;
}

function findByPrefix(prefix: string, start: usize, length: i32, words: Vocabulary): i32 {
  const units = prefix.length;
  const bytes = (<usize>units) << 1;
  if (length >= units + leastUnits && isWord(start, units, prefix)) {
    const plain = words.findExactly(start + bytes, length - units);
    if (plain >= 0) return plain;
  }
  const to = changetype<usize>(scratch);
  memory.copy(to, changetype<usize>(prefix), bytes);
  memory.copy(to + bytes, start, (<usize>length) << 1);
  return words.findExactly(to, units + length);
}

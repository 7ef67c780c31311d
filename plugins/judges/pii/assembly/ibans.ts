import { isIbanSum } from "./checksums";
import { Findings } from "./findings";
import { at, isDigit, isUpper, isWordLike } from "./units";

/** ISO 13616: Norway's are the shortest; none may be longer than the second. */
const minLength = 15;
const maxLength = 34;
const units = new StaticArray<u8>(maxLength);

export function findIbans(text: string, found: Findings): void {
  for (let i = 0; i + minLength <= text.length; i++) {
    const isStart = isCapital(at(text, i)) && isCapital(at(text, i + 1)) && !isWordLike(at(text, i - 1));
    if (!isStart || !isDigit(at(text, i + 2)) || !isDigit(at(text, i + 3))) continue;
    const end = endOfIban(text, i);
    if (end == 0) continue;
    found.add(i, end);
    i = end;
  }
}

function isCapital(unit: i32): bool {
  return unit < 0x80 && isUpper(unit);
}

/** The longest that its check digits allow; 0 where there is none. Written whole, or in fours. */
function endOfIban(text: string, start: i32): i32 {
  let count = 0;
  let best = 0;
  let i = start;
  while (count < maxLength) {
    const unit = at(text, i);
    if (isDigit(unit) || isCapital(unit)) {
      units[count++] = <u8>unit;
      i++;
      const isEnd = !isWordLike(at(text, i));
      if (isEnd && count >= minLength && isIbanSum(units, count)) best = i;
      continue;
    }
    const isGap = (unit == 0x20 || unit == 0xa0 || unit == 0x2d) && count % 4 == 0;
    const next = at(text, i + 1);
    if (!isGap || !(isDigit(next) || isCapital(next))) break;
    i++;
  }
  return best;
}

import { isLuhn } from "./checksums";
import { DigitRun, isOpenAfter, isOpenBefore, shapeOf } from "./digit-runs";
import { Findings } from "./findings";

/** How card numbers are printed. */
const shapes: i64[] = [
  shapeOf([4, 4, 4, 4]),
  shapeOf([4, 6, 5]),
  shapeOf([4, 6, 4]),
  shapeOf([4, 4, 4, 4, 3]),
  shapeOf([6, 13]),
];

export function findCards(run: DigitRun, found: Findings): void {
  for (let first = 0; first < run.count; first++) {
    const last = lastGroup(run, first);
    if (last < 0) continue;
    found.add(run.starts[first], run.ends[last]);
    first = last;
  }
}

/** -1 where no card begins with this group. */
function lastGroup(run: DigitRun, first: i32): i32 {
  if (isCard(run, first, first)) return first;
  for (let last = min(first + 4, run.count - 1); last > first; last--) {
    const isAlone = !isFour(run, first - 1) && !isFour(run, last + 1);
    const isEven = run.isSeparatedBy(first, last, " ") || run.isSeparatedBy(first, last, "-");
    if (isAlone && isEven && shapes.includes(run.shape(first, last)) && isCard(run, first, last)) return last;
  }
  return -1;
}

/** A list of numbers with four digits each is no card. */
function isFour(run: DigitRun, group: i32): bool {
  return group >= 0 && group < run.count && run.lengthOf(group) == 4;
}

function isCard(run: DigitRun, first: i32, last: i32): bool {
  const count = run.collect(first, last);
  if (count < 13 || count > 19) return false;
  if (!isOpenBefore(run.text, run.starts[first]) || !isOpenAfter(run.text, run.ends[last])) return false;
  return hasIssuer(run, count) && isLuhn(run.digits, count);
}

/** Of the networks that issue cards to people, with the lengths that they use. */
function hasIssuer(run: DigitRun, count: i32): bool {
  const two = run.leading(2);
  const four = run.leading(4);
  if (two >= 40 && two <= 49) return count == 13 || count == 16 || count == 19;
  if (two == 34 || two == 37) return count == 15;
  if ((two >= 51 && two <= 55) || (four >= 2221 && four <= 2720)) return count == 16;
  if (two == 36 || two == 38 || (four >= 3000 && four <= 3059)) return count == 14 || count == 16;
  if (four >= 3528 && four <= 3589) return count == 16 || count == 19;
  const isOther = two == 50 || two == 60 || two == 62 || two == 64 || two == 65 || two == 67;
  return isOther && count >= 16;
}

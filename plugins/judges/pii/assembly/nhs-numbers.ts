import { isNhsNumber } from "./checksums";
import { DigitRun, isOpenAfter, isOpenBefore, shapeOf } from "./digit-runs";
import { Findings } from "./findings";
import { hasBefore } from "./units";

const cues: string[] = ["nhs", "patient", "referral"];
const cueReach = 48;
const printed = shapeOf([3, 3, 4]);

/** Each eleventh number has the right check digit by chance: without a word that speaks for it, only as 3-3-4 by spaces. */
export function findNhsNumbers(run: DigitRun, found: Findings): void {
  for (let first = 0; first < run.count; first++) {
    const isWhole = run.lengthOf(first) == 10;
    const last = isWhole ? first : first + 2;
    if (last >= run.count || (!isWhole && run.shape(first, last) != printed)) continue;
    if (run.collect(first, last) != 10 || !isNhsNumber(run.digits)) continue;
    const start = run.starts[first];
    const end = run.ends[last];
    if (!isOpenBefore(run.text, start) || !isOpenAfter(run.text, end)) continue;
    const isTyped = !isWhole && run.count == 3 && run.isSeparatedBy(first, last, " ");
    const isPlain = isWhole || run.isSeparatedBy(first, last, " -");
    if (!isTyped && !(isPlain && hasBefore(run.text, start, cues, cueReach))) continue;
    found.add(start, end);
    first = last;
  }
}

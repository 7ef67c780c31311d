import { Scan } from "./scan";

/**
 * Numbers of the answer that neither the context nor the prompt has, each once. A percentage may stand there as a plain
 * number, as in a table.
 */
export function findMissing(answer: Scan, context: Scan, prompt: Scan): f64[] {
  sort(context);
  sort(prompt);
  const missing: f64[] = [];
  for (let i = 0; i < answer.numbers.length; i++) {
    const value = answer.numbers[i];
    if (!has(context.numbers, value) && !has(prompt.numbers, value)) missing.push(value);
  }
  for (let i = 0; i < answer.percents.length; i++) {
    const value = answer.percents[i];
    const isPercent = has(context.percents, value) || has(prompt.percents, value);
    if (!isPercent && !has(context.numbers, value) && !has(prompt.numbers, value)) missing.push(value);
  }
  missing.sort();
  const once: f64[] = [];
  for (let i = 0; i < missing.length; i++) {
    if (once.length == 0 || once[once.length - 1] != missing[i]) once.push(missing[i]);
  }
  return once;
}

function sort(scan: Scan): void {
  scan.numbers.sort();
  scan.percents.sort();
}

function has(sorted: f64[], value: f64): bool {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low < sorted.length && sorted[low] == value;
}

/** Lines from 1, both inclusive. */
export type LineSpan = { readonly from: number; readonly to: number };

/** A text by its lines. A line ends at `\n`, as editors and grep count; a last line without one counts too. */
export type Lines = {
  readonly text: string;
  readonly count: number;
  /** The number of the line that holds a character. */
  lineAt(offset: number): number;
  /** Without its end. */
  line(number: number): string;
  /** Characters of whole lines with the ends between them. */
  size(span: LineSpan): number;
  slice(span: LineSpan): string;
  isBlank(number: number): boolean;
};

export function createLines(text: string): Lines {
  const starts = findStarts(text);
  const count = starts.length;
  const start = (number: number) => starts[number - 1] ?? text.length;
  const end = (number: number) => (number < count ? start(number + 1) - 1 : text.length);
  const line = (number: number) => text.slice(start(number), end(number));
  return {
    text,
    count,
    line,
    lineAt(offset) {
      let low = 0;
      let high = count - 1;
      while (low < high) {
        const middle = (low + high + 1) >> 1;
        if ((starts[middle] ?? 0) <= offset) low = middle;
        else high = middle - 1;
      }
      return low + 1;
    },
    size: ({ from, to }) => Math.max(0, end(to) - start(from)),
    slice: ({ from, to }) => text.slice(start(from), end(to)),
    isBlank: (number) => line(number).trim() === "",
  };
}

function findStarts(text: string): readonly number[] {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  if (starts.length > 1 && starts.at(-1) === text.length) starts.pop();
  return starts;
}

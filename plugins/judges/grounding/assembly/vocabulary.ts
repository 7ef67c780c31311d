import { compareWords } from "./words";

let sortedStarts: StaticArray<usize> = [];
let sortedLengths: StaticArray<i32> = [];

/** Different words, sorted: whatever they are, looking one up takes as many steps as log2 of their count. */
export class Vocabulary {
  /** The first `count` are in use. */
  starts: StaticArray<usize>;
  lengths: StaticArray<i32>;
  count: i32 = 0;
  /** Of each word that was given its place here. */
  ids: StaticArray<i32>;

  constructor(starts: StaticArray<usize>, lengths: StaticArray<i32>, count: i32) {
    this.starts = new StaticArray<usize>(count);
    this.lengths = new StaticArray<i32>(count);
    this.ids = new StaticArray<i32>(count);
    const order = new Array<i32>(count);
    for (let i = 0; i < count; i++) order[i] = i;
    sortedStarts = starts;
    sortedLengths = lengths;
    order.sort((left, right) =>
      compareWords(sortedStarts[left], sortedLengths[left], sortedStarts[right], sortedLengths[right]),
    );
    for (let i = 0; i < count; i++) this.ids[order[i]] = this.add(starts[order[i]], lengths[order[i]]);
  }

  private add(start: usize, length: i32): i32 {
    const last = this.count - 1;
    if (last >= 0 && compareWords(this.starts[last], this.lengths[last], start, length) == 0) return last;
    this.starts[this.count] = start;
    this.lengths[this.count] = length;
    return this.count++;
  }

  /** The first word that is this one or begins with it, or -1. */
  find(start: usize, length: i32): i32 {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compareWords(this.starts[middle], this.lengths[middle], start, length) < 0) low = middle + 1;
      else high = middle;
    }
    if (low == this.count || this.lengths[low] < length) return -1;
    return memory.compare(this.starts[low], start, (<usize>length) << 1) == 0 ? low : -1;
  }

  /** The very word, or -1. */
  findExactly(start: usize, length: i32): i32 {
    const found = this.find(start, length);
    return found >= 0 && this.lengths[found] == length ? found : -1;
  }
}

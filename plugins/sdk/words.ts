let sortedStarts: StaticArray<usize> = [];
let sortedLengths: StaticArray<i32> = [];

/** Of lower-case texts: letters, digits, _ and all beyond ASCII but spaces and punctuation. */
export function isWordUnit(unit: u32): bool {
  if (unit < 0x80) {
    return (unit >= 0x61 && unit <= 0x7a) || (unit >= 0x30 && unit <= 0x39) || unit == 0x5f || unit == 0x27;
  }
  if (unit < 0xc0) return unit == 0xaa || unit == 0xb5 || unit == 0xba;
  if (unit == 0x2019 || unit == 0x200c || unit == 0x200d) return true;
  if (unit >= 0x2000 && unit <= 0x206f) return false;
  if (unit == 0x060c || unit == 0x061b || unit == 0x061f || unit == 0x06d4 || unit == 0x2212) return false;
  return !(unit >= 0x3000 && unit <= 0x303f) && !(unit >= 0xff00 && unit <= 0xff1f);
}

/** Han and kana are written without spaces between words. */
export function isUnspaced(unit: u32): bool {
  return (unit >= 0x3040 && unit <= 0x30ff) || (unit >= 0x3400 && unit <= 0x9fff);
}

/**
 * The words of texts, each by the place and the count of its units. Texts of a call never move and are never freed. A
 * character of Han or kana is a word; with `atSpaces` words are whatever stands between white space.
 */
export class Words {
  /** Of both the first `count` are in use. */
  starts: StaticArray<usize>;
  lengths: StaticArray<i32>;
  count: i32 = 0;
  /** Where the words of each text end, in order. */
  ends: i32[] = [];

  constructor(texts: string[], atSpaces: bool = false) {
    let most = 0;
    for (let i = 0; i < texts.length; i++) most += mostWords(texts[i], atSpaces);
    this.starts = new StaticArray<usize>(most);
    this.lengths = new StaticArray<i32>(most);
    for (let i = 0; i < texts.length; i++) {
      this.read(texts[i], atSpaces);
      this.ends.push(this.count);
    }
  }

  private read(text: string, atSpaces: bool): void {
    let start = -1;
    for (let i = 0; i < text.length; i++) {
      const unit = <u32>text.charCodeAt(i);
      const isAlone = !atSpaces && isUnspaced(unit);
      if (!isAlone && isPart(unit, atSpaces)) {
        if (start < 0) start = i;
        continue;
      }
      if (start >= 0) this.push(text, start, i);
      start = -1;
      if (isAlone) this.push(text, i, i + 1);
    }
    if (start >= 0) this.push(text, start, text.length);
  }

  private push(text: string, start: i32, end: i32): void {
    this.starts[this.count] = changetype<usize>(text) + ((<usize>start) << 1);
    this.lengths[this.count++] = end - start;
  }

  /** The same word has the same number, in whichever text; they begin at 0. By sorting: no text makes it slow. */
  number(): StaticArray<i32> {
    const numbers = new StaticArray<i32>(this.count);
    const order = new Array<i32>(this.count);
    for (let i = 0; i < this.count; i++) order[i] = i;
    sortedStarts = this.starts;
    sortedLengths = this.lengths;
    order.sort((left, right) => compareSorted(left, right));
    for (let i = 1; i < this.count; i++) {
      const isSame = compareSorted(order[i - 1], order[i]) == 0;
      numbers[order[i]] = numbers[order[i - 1]] + (isSame ? 0 : 1);
    }
    return numbers;
  }
}

function isPart(unit: u32, atSpaces: bool): bool {
  return atSpaces ? !isSpace(unit) : isWordUnit(unit);
}

/** White space as Unicode has it. */
export function isSpace(unit: u32): bool {
  if (unit <= 0x20) return unit == 0x20 || (unit >= 0x09 && unit <= 0x0d);
  if (unit < 0x1680) return unit == 0x85 || unit == 0xa0;
  if (unit >= 0x2000 && unit <= 0x200a) return true;
  return (
    unit == 0x1680 || unit == 0x2028 || unit == 0x2029 || unit == 0x202f || unit == 0x205f || unit == 0x3000
  );
}

function mostWords(text: string, atSpaces: bool): i32 {
  let count = 0;
  let isInside: bool = false;
  for (let i = 0; i < text.length; i++) {
    const unit = <u32>text.charCodeAt(i);
    const isAlone = !atSpaces && isUnspaced(unit);
    const isHere = !isAlone && isPart(unit, atSpaces);
    if (isAlone || (isHere && !isInside)) count++;
    isInside = isHere;
  }
  return count;
}

function compareSorted(left: i32, right: i32): i32 {
  const shorter = min(sortedLengths[left], sortedLengths[right]);
  const order = memory.compare(sortedStarts[left], sortedStarts[right], (<usize>shorter) << 1);
  return order != 0 ? order : sortedLengths[left] - sortedLengths[right];
}

import { Findings } from "./findings";
import { followsGreeting, followsIntroduction, followsTitle, isSignature } from "./name-cues";
import { NameLists } from "./name-lists";
import { at, isBlankUnit, isLetter, isLineEnd, isUpper, isWordLike } from "./units";
import { endOfWord, isNameLike, titleOf, withoutPossessive } from "./words";

/** A first name and what may follow it. */
const maxWords = 4;
const particles: string[] = "van von der den de da di del della la le bin ibn al el ter ten dos du zu".split(
  " ",
);
/** Words before a name that make it one of a place or of somebody whom all know. */
const otherBefore: string[] =
  "St Saint San Santa King Queen Prince Princess Pope Emperor President Port Lake Mount Fort Cape Camp Hurricane Storm".split(
    " ",
  );

/** Names of people; see the README for what counts as one. */
export function findNames(text: string, found: Findings): void {
  const search = new NameSearch(text, found);
  search.findNamed();
  search.findAgain();
}

class NameSearch {
  private lists: NameLists = new NameLists();
  /** Parts of names that were found, to know them where they stand alone. */
  private known: Set<string> = new Set<string>();

  constructor(
    private text: string,
    private found: Findings,
  ) {}

  findNamed(): void {
    const text = this.text;
    for (let i = 0; i < text.length; ) {
      if (!isLetter(at(text, i))) {
        i++;
        continue;
      }
      const word = endOfWord(text, i);
      const end = this.isStart(i) ? this.endOfName(i, word) : 0;
      if (end > 0) this.add(i, end);
      i = max(word, end);
    }
  }

  /** Not within an identifier, a path or an address. */
  private isStart(start: i32): bool {
    const before = at(this.text, start - 1);
    return (
      !isWordLike(before) &&
      before != 0x40 &&
      before != 0x2f &&
      before != 0x5c &&
      before != 0x23 &&
      before != 0x2e
    );
  }

  /** 0 where no name begins with this word. */
  private endOfName(start: i32, word: i32): i32 {
    const text = this.text;
    if (!isUpper(at(text, start))) return followsIntroduction(text, start) ? this.endOfSmall(start, word) : 0;
    const last = withoutPossessive(text, start, word);
    if (!isNameLike(text, start, last)) return 0;
    const first = titleOf(text, start, last);
    if (followsTitle(text, start)) return this.lists.isOther(first) ? 0 : this.endOfRest(last);
    if (followsIntroduction(text, start)) return this.endOfIntroduced(last, first);
    if (followsGreeting(text, start, this.lists.isFirst(first)))
      return this.lists.isOther(first) ? 0 : this.endOfRest(last);
    if (isSignature(text, start)) return this.endOfSignature(last, first);
    return this.endOfFull(start, last, first);
  }

  /** A first name that is known, and a last one. */
  private endOfFull(start: i32, last: i32, first: string): i32 {
    if (!this.lists.isFirst(first) || last < endOfWord(this.text, start) || this.isOtherBefore(start))
      return 0;
    const end = this.endOfRest(last);
    if (end == last || this.isThing(end)) return 0;
    if (this.lists.given.has(first)) return end;
    const family = this.text.substring(startOfLast(this.text, end), end);
    return this.lists.family.has(family) ? end : 0;
  }

  /** Behind "my name is" every word with a capital is a name; behind "I am" there are two, or one that is known. */
  private endOfIntroduced(last: i32, first: string): i32 {
    if (this.lists.isOther(first)) return 0;
    const end = this.endOfRest(last);
    return end > last || this.lists.isFirst(first) ? end : 0;
  }

  /** "my name is alice". */
  private endOfSmall(start: i32, word: i32): i32 {
    return this.lists.given.has(titleOf(this.text, start, word)) ? word : 0;
  }

  /** A line of one to four names, and nothing else. */
  private endOfSignature(last: i32, first: string): i32 {
    if (this.lists.isOther(first)) return 0;
    const end = this.endOfRest(last);
    const next = at(this.text, end);
    return next < 0 || isLineEnd(next) || next == 0x2c || next == 0x2e ? end : 0;
  }

  /** The end of the last name that follows within the line; `end` itself where none does. */
  private endOfRest(end: i32): i32 {
    const text = this.text;
    let best = end;
    let i = end;
    for (let count = 1; count < maxWords && isBlankUnit(at(text, i)); count++) {
      const next = i + 1;
      const word = endOfWord(text, next);
      if (isInitial(text, next, word)) {
        i = at(text, word) == 0x2e ? word + 1 : word;
      } else if (isParticle(text, next, word)) {
        i = word;
        count--;
      } else {
        const last = withoutPossessive(text, next, word);
        if (!this.isPart(next, last)) break;
        best = i = last;
      }
    }
    return best;
  }

  private isPart(start: i32, end: i32): bool {
    if (!isNameLike(this.text, start, end)) return false;
    return !this.lists.isOther(titleOf(this.text, start, end));
  }

  private isThing(end: i32): bool {
    if (!isBlankUnit(at(this.text, end))) return false;
    const word = endOfWord(this.text, end + 1);
    return isUpper(at(this.text, end + 1)) && this.lists.things.has(titleOf(this.text, end + 1, word));
  }

  private isOtherBefore(start: i32): bool {
    const text = this.text;
    if (!isBlankUnit(at(text, start - 1))) return false;
    const end = at(text, start - 2) == 0x2e ? start - 2 : start - 1;
    return otherBefore.includes(text.substring(startOfLast(text, end), end));
  }

  private add(start: i32, end: i32): void {
    if (this.lists.publicPeople.has(this.text.substring(start, end))) return;
    this.found.add(start, end);
    for (let i = start; i < end; ) {
      const word = max(endOfWord(this.text, i), i + 1);
      const name = this.text.substring(i, min(word, end));
      if (name.length >= 3 && isUpper(at(this.text, i)) && !this.lists.doubtful.has(name))
        this.known.add(name);
      i = word;
    }
  }

  /** The parts of names that were found, wherever else they stand. */
  findAgain(): void {
    const text = this.text;
    if (this.known.size == 0) return;
    for (let i = 0; i < text.length; ) {
      if (!isLetter(at(text, i))) {
        i++;
        continue;
      }
      const word = endOfWord(text, i);
      const last = withoutPossessive(text, i, word);
      const isName = isUpper(at(text, i)) && this.isStart(i) && this.known.has(text.substring(i, last));
      if (isName && !this.isThing(last)) this.found.add(i, last);
      i = word;
    }
  }
}

function isInitial(text: string, start: i32, end: i32): bool {
  return end - start == 1 && isUpper(at(text, start)) && at(text, start) != 0x49;
}

function isParticle(text: string, start: i32, end: i32): bool {
  return isBlankUnit(at(text, end)) && particles.includes(text.substring(start, end));
}

/** Where the word begins that ends here. */
function startOfLast(text: string, end: i32): i32 {
  let start = end;
  while (start > 0 && end - start < 64 && isWordUnit(text, start - 1)) start--;
  return start;
}

function isWordUnit(text: string, index: i32): bool {
  const unit = at(text, index);
  return isLetter(unit) || unit == 0x27 || unit == 0x2019 || unit == 0x2d;
}

/** Final sigma becomes sigma and ’ becomes '; nothing else changes. */
function foldUnit(unit: i32): u16 {
  if (unit == 0x2019) return 0x27;
  return unit == 0x03c2 ? 0x03c3 : <u16>unit;
}

/** A text as it is compared: in lower case by Unicode's default mapping. */
function fold(text: string): StaticArray<u16> {
  const lower = text.toLowerCase();
  const folded = new StaticArray<u16>(lower.length);
  for (let i = 0; i < lower.length; i++) folded[i] = foldUnit(lower.charCodeAt(i));
  return folded;
}

/**
 * Finds keywords anywhere in a text, within words too; case does not count. By Knuth, Morris and Pratt: linear for every
 * text and keyword, whatever they repeat.
 */
export class KeywordSearch {
  private text: StaticArray<u16>;

  constructor(text: string) {
    this.text = fold(text);
  }

  has(keyword: string): bool {
    const word = fold(keyword);
    const text = this.text;
    if (word.length == 0) return true;
    if (word.length > text.length) return false;
    const borders = bordersOf(word);
    let matched = 0;
    for (let i = 0; i < text.length; i++) {
      const unit = unchecked(text[i]);
      while (matched > 0 && unchecked(word[matched]) != unit) matched = unchecked(borders[matched - 1]);
      if (unchecked(word[matched]) == unit) matched++;
      if (matched == word.length) return true;
    }
    return false;
  }

  /** How many of them it has. */
  count(keywords: string[]): i32 {
    let found = 0;
    for (let i = 0; i < keywords.length; i++) if (this.has(keywords[i])) found++;
    return found;
  }
}

/** For each prefix the length of its longest border: a proper prefix of it that it also ends with. */
function bordersOf(word: StaticArray<u16>): StaticArray<i32> {
  const borders = new StaticArray<i32>(word.length);
  let border = 0;
  for (let i = 1; i < word.length; i++) {
    while (border > 0 && word[border] != word[i]) border = borders[border - 1];
    if (word[border] == word[i]) border++;
    borders[i] = border;
  }
  return borders;
}

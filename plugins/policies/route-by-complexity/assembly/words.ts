/** Lower-case words of letters, digits and apostrophes; everything else parts them. */
export function wordsOf(text: string): string[] {
  const lower = text.toLowerCase();
  const words: string[] = [];
  let start = -1;
  for (let i = 0; i <= lower.length; i++) {
    const isInside = i < lower.length && isWordUnit(lower.charCodeAt(i));
    if (isInside && start < 0) start = i;
    if (isInside || start < 0) continue;
    words.push(lower.substring(start, i));
    start = -1;
  }
  return words;
}

export function isOneOf(word: string, list: StaticArray<string>): bool {
  for (let i = 0; i < list.length; i++) if (word == list[i]) return true;
  return false;
}

/** Whether it begins as one of them: "implement" stands for implements, implementing and implementation. */
export function hasStem(word: string, stems: StaticArray<string>): bool {
  for (let i = 0; i < stems.length; i++) if (word.startsWith(stems[i])) return true;
  return false;
}

/** Whether one of `list` stands at `from` or up to `reach` words behind it. */
export function isNear(words: string[], from: i32, reach: i32, list: StaticArray<string>): bool {
  const end = min(words.length, from + reach + 1);
  for (let i = from; i < end; i++) if (isOneOf(words[i], list)) return true;
  return false;
}

function isWordUnit(unit: i32): bool {
  if (unit >= 0x80)
    return unit != 0xa0 && !(unit >= 0x2000 && unit <= 0x206f) && !(unit >= 0x3000 && unit <= 0x3003);
  return (unit >= 0x61 && unit <= 0x7a) || (unit >= 0x30 && unit <= 0x39) || unit == 0x27;
}

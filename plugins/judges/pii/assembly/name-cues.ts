import { at, isAt, isBlankUnit, isLetter, isLineEnd } from "./units";

const titles: string[] =
  "mr mrs ms miss mx dr prof professor doctor sir dame rev reverend herr frau madame monsieur señor señora mme messrs".split(
    " ",
  );
const introductions: string[] =
  "my name is|my name's|name is|i am|i'm|i’m|named|signed|signed by|name:|ich bin|ich heiße|je m'appelle|full name:|surname:|patient:|tenant:".split(
    "|",
  );
const greetings: string[] = ["hi", "hello", "hey", "hallo", "morning", "thanks", "cheers"];
const farewells: string[] =
  "regards|wishes|sincerely|faithfully|truly|thanks|cheers|love|yours|thank you|grüße|cordialement".split(
    "|",
  );

/** "Dr. Patel": the title itself tells nobody's name. */
export function followsTitle(text: string, start: i32): bool {
  if (!isBlankUnit(at(text, start - 1))) return false;
  const end = at(text, start - 2) == 0x2e ? start - 2 : start - 1;
  return endsWithOne(text, end, titles);
}

export function followsIntroduction(text: string, start: i32): bool {
  return isBlankUnit(at(text, start - 1)) && endsWithOne(text, start - 1, introductions);
}

/** Whoever is dear is somebody; behind a mere greeting it takes a name that is `known`. */
export function followsGreeting(text: string, start: i32, known: bool): bool {
  if (!isBlankUnit(at(text, start - 1))) return false;
  if (isOne(text, start - 1, "dear")) return true;
  return known && endsWithOne(text, start - 1, greetings);
}

/** At the beginning of a line, below one that takes leave. */
export function isSignature(text: string, start: i32): bool {
  let end = start;
  while (isBlankUnit(at(text, end - 1))) end--;
  if (!isLineEnd(at(text, end - 1))) return false;
  while (isLineEnd(at(text, end - 1)) || isBlankUnit(at(text, end - 1))) end--;
  if (at(text, end - 1) == 0x2c || at(text, end - 1) == 0x21) end--;
  return endsWithOne(text, end, farewells);
}

function endsWithOne(text: string, end: i32, words: string[]): bool {
  for (let i = 0; i < words.length; i++) if (isOne(text, end, words[i])) return true;
  return false;
}

function isOne(text: string, end: i32, word: string): bool {
  return isAt(text, end - word.length, word) && !isLetter(at(text, end - word.length - 1));
}

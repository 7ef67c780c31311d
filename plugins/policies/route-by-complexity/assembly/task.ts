import { hasStem, isNear, isOneOf, wordsOf } from "./words";

const codeStems: StaticArray<string> = ["implement", "refactor", "debug"];
const fixes: StaticArray<string> = ["fix", "fixes", "fixing", "repair", "solve"];
const bugs: StaticArray<string> = ["bug", "bugs", "crash", "exception", "error"];
const writes: StaticArray<string> = ["write", "code", "create", "program"];
const programs: StaticArray<string> = [
  "function",
  "functions",
  "method",
  "class",
  "script",
  "program",
  "regex",
];
const reasoningStems: StaticArray<string> = [
  "explain",
  "analyz",
  "analys",
  "compar",
  "design",
  "strateg",
  "tradeoff",
];
const questionVerbs: StaticArray<string> = [
  "do",
  "does",
  "did",
  "is",
  "are",
  "can",
  "could",
  "would",
  "should",
];
const formatStems: StaticArray<string> = [
  "convert",
  "extract",
  "json",
  "yaml",
  "csv",
  "xml",
  "pars",
  "reformat",
];
const formatWords: StaticArray<string> = ["format", "formatted", "translate"];
const lookupStarts: StaticArray<string> = ["what", "who", "when", "where", "which"];
const lookupVerbs: StaticArray<string> = ["is", "are", "was", "were"];
const lookupWords: StaticArray<string> = ["define", "definition", "list", "lists"];
const designStems: StaticArray<string> = ["design", "architect", "strateg", "tradeoff"];
const hardStems: StaticArray<string> = ["design", "architect", "implement", "refactor", "optimiz", "optimis"];
const mediumStems: StaticArray<string> = ["explain", "compar", "debug"];
const briefWords: StaticArray<string> = ["brief", "briefly", "concise", "concisely", "tldr", "shortly"];
const limitUnits: StaticArray<string> = [
  "sentence",
  "sentences",
  "word",
  "words",
  "bullet",
  "bullets",
  "point",
  "points",
  "paragraph",
  "paragraphs",
  "line",
  "lines",
  "step",
  "steps",
];
const limitCounts: StaticArray<string> = [
  "one",
  "two",
  "three",
  "four",
  "five",
  "six",
  "seven",
  "eight",
  "nine",
  "ten",
];
const shortExplanation = 14;
/** What asks for something stands at the start; a text that is pasted in behind it may be of any size. */
const maxReadUnits = 20_000;

/** What kind of work a prompt asks for, by its words alone. */
export class Task {
  type: string = "synthesize";
  /** 8 for work of design or programming, 5 for explanations and comparisons, else 2. */
  complexity: f64 = 2;
  mentionsDesign: bool = false;
  isContinuation: bool = false;
  /** The prompt says how long the answer may be: "in three sentences". */
  isBounded: bool = false;

  /** Tokens of a usual answer, for requests that do not say. */
  usualOutputTokens(): f64 {
    if (this.type == "code") return 600;
    if (this.type == "reasoning") return 500;
    return this.type == "lookup" ? 150 : 300;
  }
}

/** Each of the kinds that some words of the prompt speak for. */
class Signs {
  isCode: bool = false;
  isReasoning: bool = false;
  isFormat: bool = false;
  isLookup: bool = false;
  isBrief: bool = false;
  isExplanation: bool = false;
}

export function classify(prompt: string): Task {
  const words = wordsOf(prompt.substring(0, maxReadUnits));
  const task = new Task();
  const signs = new Signs();
  for (let i = 0; i < words.length; i++) {
    readKind(words, i, signs);
    readManner(words, i, task, signs);
  }
  task.isContinuation = isContinuation(words);
  task.type = chooseType(signs, words.length);
  return task;
}

/** code, reasoning, format, lookup, synthesize: the first that has a sign. */
function chooseType(signs: Signs, wordCount: i32): string {
  if (signs.isCode) return "code";
  const isShort = signs.isExplanation && wordCount <= shortExplanation;
  if (signs.isReasoning) return signs.isBrief || isShort ? "synthesize" : "reasoning";
  if (signs.isFormat) return "format";
  return signs.isLookup ? "lookup" : "synthesize";
}

function readKind(words: string[], i: i32, signs: Signs): void {
  const word = words[i];
  if (hasStem(word, codeStems)) signs.isCode = true;
  if (isOneOf(word, fixes) && isNear(words, i + 1, 3, bugs)) signs.isCode = true;
  if (isOneOf(word, writes) && isNear(words, i + 1, 3, programs)) signs.isCode = true;
  if (word == "why" || hasStem(word, reasoningStems) || isTradeOff(words, i)) signs.isReasoning = true;
  if (word == "how" && isNear(words, i + 1, 0, questionVerbs)) signs.isReasoning = true;
  if (hasStem(word, formatStems) || isOneOf(word, formatWords)) signs.isFormat = true;
  if (isOneOf(word, lookupWords) || word == "what's") signs.isLookup = true;
  if (isOneOf(word, lookupStarts) && isNear(words, i + 1, 0, lookupVerbs)) signs.isLookup = true;
}

function readManner(words: string[], i: i32, task: Task, signs: Signs): void {
  const word = words[i];
  if (hasStem(word, designStems) || isTradeOff(words, i)) task.mentionsDesign = true;
  if (hasStem(word, hardStems)) task.complexity = 8;
  else if (word == "why" || hasStem(word, mediumStems)) task.complexity = max(task.complexity, 5);
  if (word.startsWith("explain")) signs.isExplanation = true;
  const next = i + 1 < words.length ? words[i + 1] : "";
  if (isOneOf(word, briefWords) || (word == "in" && next == "short")) signs.isBrief = true;
  if (isCount(word) && isNear(words, i + 1, 1, limitUnits)) task.isBounded = true;
}

/** "trade-off" is two words here. */
function isTradeOff(words: string[], i: i32): bool {
  return words[i] == "trade" && i + 1 < words.length && (words[i + 1] == "off" || words[i + 1] == "offs");
}

function isCount(word: string): bool {
  const first = word.charCodeAt(0);
  return (first >= 0x30 && first <= 0x39) || isOneOf(word, limitCounts);
}

function isContinuation(words: string[]): bool {
  if (words.length == 0) return false;
  if (words[0] == "continue") return true;
  if (words.length < 2) return false;
  const start = words[0] + " " + words[1];
  return start == "go on" || start == "keep going" || start == "carry on" || start == "please continue";
}

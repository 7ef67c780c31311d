import {
  BOUNDARY,
  CHAR,
  CHOICE,
  CLASS,
  END,
  Part,
  PatternReader,
  REPEAT,
  SEQUENCE,
  START,
} from "./pattern-syntax";

const SPLIT: i32 = 100;
const MATCH: i32 = 101;
const maxSteps = 2000;

/** What an automaton does at one state. */
class Step {
  constructor(
    public kind: i32,
    public part: Part,
    /** Of a split the two ways on; all others go on to the next. */
    public first: i32,
    public second: i32,
  ) {}
}

/**
 * A pattern as an automaton that is in many states at once (Thompson, Pike): a text takes length · states at most, whatever
 * the pattern is. It is found anywhere in the text, as JSON Schema has it.
 */
export class Pattern {
  /** Empty, or what of the pattern is not possible here. */
  fault: string;
  /** States that the last test visited. */
  visited: f64 = 0;
  private steps: Step[] = [];
  private marks: StaticArray<i32> = [];
  private current: StaticArray<i32> = [];
  private next: StaticArray<i32> = [];
  private stack: StaticArray<i32> = [];
  private count: i32 = 0;
  private mark: i32 = 0;

  constructor(source: string) {
    const reader = new PatternReader(source);
    const part = reader.read();
    this.fault = reader.fault;
    if (this.fault == "") this.compile(part);
    this.add(MATCH, part);
    if (this.steps.length > maxSteps) this.fault = "more than " + maxSteps.toString() + " states";
    const size = this.steps.length;
    this.marks = new StaticArray<i32>(size);
    this.current = new StaticArray<i32>(size);
    this.next = new StaticArray<i32>(size);
    this.stack = new StaticArray<i32>(2 * size + 2);
  }

  private add(kind: i32, part: Part): Step {
    const step = new Step(kind, part, this.steps.length + 1, -1);
    this.steps.push(step);
    return step;
  }

  private compile(part: Part): void {
    if (this.steps.length > maxSteps) return;
    if (part.kind == SEQUENCE) {
      for (let i = 0; i < part.children.length; i++) this.compile(part.children[i]);
    } else if (part.kind == CHOICE) this.compileChoice(part);
    else if (part.kind == REPEAT) this.compileRepeat(part);
    else this.add(part.kind, part);
  }

  private compileChoice(part: Part): void {
    const ends: Step[] = [];
    const last = part.children.length - 1;
    for (let i = 0; i <= last; i++) {
      const split = i < last ? this.add(SPLIT, part) : null;
      this.compile(part.children[i]);
      if (!split) continue;
      ends.push(this.add(SPLIT, part));
      split.second = this.steps.length;
    }
    for (let i = 0; i < ends.length; i++) ends[i].first = this.steps.length;
  }

  private compileRepeat(part: Part): void {
    const child = part.children[0];
    for (let i = 0; i < part.least; i++) this.compile(child);
    if (part.most < 0) {
      const start = this.steps.length;
      const split = this.add(SPLIT, part);
      this.compile(child);
      this.add(SPLIT, part).first = start;
      split.second = this.steps.length;
      return;
    }
    const splits: Step[] = [];
    for (let i = part.least; i < part.most && this.steps.length <= maxSteps; i++) {
      splits.push(this.add(SPLIT, part));
      this.compile(child);
    }
    for (let i = 0; i < splits.length; i++) splits[i].second = this.steps.length;
  }

  /** Whether the pattern is found in the text; false too when `budget` states were visited, which `visited` then tells. */
  test(text: string, budget: f64): bool {
    this.visited = 0;
    let active = this.current;
    let count = 0;
    for (let i = 0, width = 1; i <= text.length; i += width) {
      this.mark++;
      this.count = 0;
      const waiting = active == this.current ? this.next : this.current;
      const code = i < text.length ? text.codePointAt(i) : -1;
      width = code > 0xffff ? 2 : 1;
      for (let j = 0; j < count; j++) if (this.follow(active[j], text, i, waiting)) return true;
      if (this.follow(0, text, i, waiting)) return true;
      this.visited += <f64>(this.count + 1);
      if (this.visited > budget) return false;
      active = active == this.current ? this.next : this.current;
      count = 0;
      for (let j = 0; j < this.count; j++) {
        if (accepts(this.steps[waiting[j]], code)) active[count++] = waiting[j] + 1;
      }
    }
    return false;
  }

  /** Goes on from a state by all ways that take no character; whether one of them ends the pattern. */
  private follow(from: i32, text: string, at: i32, waiting: StaticArray<i32>): bool {
    let depth = 0;
    this.stack[depth++] = from;
    while (depth > 0) {
      const state = this.stack[--depth];
      if (this.marks[state] == this.mark) continue;
      this.marks[state] = this.mark;
      const step = this.steps[state];
      if (step.kind == MATCH) return true;
      if (step.kind == SPLIT) {
        this.stack[depth++] = step.first;
        if (step.second >= 0) this.stack[depth++] = step.second;
      } else if (step.kind == CHAR || step.kind == CLASS) waiting[this.count++] = state;
      else if (holds(step, text, at)) this.stack[depth++] = step.first;
    }
    return false;
  }
}

function accepts(step: Step, code: i32): bool {
  return code >= 0 && (step.kind == CHAR ? step.part.code == code : step.part.hasCode(code));
}

function holds(step: Step, text: string, at: i32): bool {
  if (step.kind == START) return at == 0;
  if (step.kind == END) return at == text.length;
  assert(step.kind == BOUNDARY);
  const isBoundary = isWordUnit(text, at - 1) != isWordUnit(text, at);
  return isBoundary != step.part.isNegated;
}

function isWordUnit(text: string, at: i32): bool {
  if (at < 0 || at >= text.length) return false;
  const unit = text.charCodeAt(at);
  return (unit >= 0x30 && unit <= 0x39) || unit == 0x5f || ((unit | 0x20) >= 0x61 && (unit | 0x20) <= 0x7a);
}

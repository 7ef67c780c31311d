/** Where two classes claim the same units the earlier one has them. */
export const classes: string[] = [
  "secret_key",
  "email",
  "iban",
  "card",
  "nhs_number",
  "birth_date",
  "ip_address",
  "phone",
  "postcode",
  "name",
];

/** The contract allows no more. */
const maxPlaces = 400;

/** What was found, class after class in the order of `classes`; no two places overlap. */
export class Findings {
  starts: i32[] = [];
  ends: i32[] = [];
  kinds: i32[] = [];
  counts: StaticArray<i32> = new StaticArray<i32>(classes.length);
  private taken: StaticArray<bool>;
  private kind: i32 = 0;
  /** Whether there is more than could be listed. */
  isFull: bool = false;

  constructor(text: string) {
    this.taken = new StaticArray<bool>(text.length);
  }

  /** What is added from now on is of this class. */
  of(kind: string): this {
    this.kind = classes.indexOf(kind);
    return this;
  }

  /** What another class has already is left to it. */
  add(start: i32, end: i32): void {
    for (let i = start; i < end; i++) if (this.taken[i]) return;
    if (this.starts.length == maxPlaces) {
      this.isFull = true;
      return;
    }
    for (let i = start; i < end; i++) this.taken[i] = true;
    this.starts.push(start);
    this.ends.push(end);
    this.kinds.push(this.kind);
    this.counts[this.kind]++;
  }

  /** Whether something that was found begins at this unit, or reaches over it. */
  isTaken(index: i32): bool {
    return index < this.taken.length && this.taken[index];
  }

  get count(): i32 {
    return this.starts.length;
  }

  /** Indices of all in the order of the text. */
  order(): i32[] {
    const order = new Array<i32>(this.count);
    for (let i = 0; i < order.length; i++) order[i] = i;
    sortedStarts = this.starts;
    return order.sort((left, right) => sortedStarts[left] - sortedStarts[right]);
  }
}

let sortedStarts: i32[] = [];

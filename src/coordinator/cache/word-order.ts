/**
 * Whether two texts are of the same words in another order: "can a customer sue a company" is not "can a company sue a
 * customer", and vectors hardly tell the two apart. A part that moved from one end to the other, as in "in Python, how do
 * I sort a list", is no other order.
 */
export function hasOtherOrder(first: string, second: string): boolean {
  const [left, right] = [toWords(first), toWords(second)];
  if (left.length !== right.length || left.length === 0) return false;
  if (left.toSorted().join(" ") !== right.toSorted().join(" ")) return false;
  return !` ${left.join(" ")} ${left.join(" ")} `.includes(` ${right.join(" ")} `);
}

function toWords(text: string): readonly string[] {
  return (
    text
      .normalize("NFKC")
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu) ?? []
  );
}

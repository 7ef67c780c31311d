import heldOutFile from "./held-out-pairs.txt" with { type: "file" };
import pairsFile from "./pairs.txt" with { type: "file" };

/** Two questions: of the `same` meaning, or `near` ones that need different answers. */
export type QuestionPair = {
  readonly kind: "same" | "near";
  /** What they are about, or by what they differ. */
  readonly topic: string;
  readonly questions: readonly [string, string];
};

/** The pairs that the executable carries: those that the guard's rules were made with, or those of other subjects. */
export async function readPairs(set: "tuned" | "held-out" = "tuned"): Promise<readonly QuestionPair[]> {
  const lines = (await Bun.file(set === "tuned" ? pairsFile : heldOutFile).text()).split("\n");
  return lines.flatMap((line): QuestionPair[] => {
    const [kind, topic, first, second] = line.split(" | ");
    if ((kind !== "same" && kind !== "near") || topic === undefined) return [];
    return first !== undefined && second !== undefined ? [{ kind, topic, questions: [first, second] }] : [];
  });
}

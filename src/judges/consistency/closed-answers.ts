import { type Score, scored, unscored } from "../statistics/score.ts";

/** An answer as it is compared: lower-cased, white space as one space, without punctuation at its end. */
export function normalizeAnswer(answer: string): string {
  return answer
    .normalize("NFKC")
    .toLowerCase()
    .replaceAll(/\s+/g, " ")
    .replace(/[\p{P}\s]+$/u, "")
    .trim();
}

/** Share of the pairs of answers that are the same; unscored for fewer than two. */
export function exactMatchRate(answers: readonly string[]): Score {
  const count = answers.length;
  if (count < 2) return unscored("one answer cannot match another; ask for two or more");
  let matching = 0;
  for (const votes of countAnswers(answers).values()) matching += (votes * (votes - 1)) / 2;
  return scored(matching / ((count * (count - 1)) / 2));
}

/** Share of the answers that are the most frequent one (self-consistency, Wang 2022); unscored where there are none. */
export function majorityRate(answers: readonly string[]): Score {
  const majority = findMajority(answers);
  return majority ? scored(majority.votes / answers.length) : unscored("there are no answers");
}

export type Majority = { readonly answer: string; readonly votes: number };

/** The most frequent answer as it was first given; of equally frequent ones the first. */
export function findMajority(answers: readonly string[]): Majority | undefined {
  let winner: { readonly key: string; readonly votes: number } | undefined;
  for (const [key, votes] of countAnswers(answers))
    if (!winner || votes > winner.votes) winner = { key, votes };
  if (!winner) return undefined;
  const { key, votes } = winner;
  return { answer: answers.find((answer) => keyOf(answer) === key) ?? key, votes };
}

function countAnswers(answers: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const answer of answers) counts.set(keyOf(answer), (counts.get(keyOf(answer)) ?? 0) + 1);
  return counts;
}

/** "?" and "!" are answers too. */
function keyOf(answer: string): string {
  return normalizeAnswer(answer) || answer.trim();
}

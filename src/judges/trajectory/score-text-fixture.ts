const subjects = [
  "A small model",
  "The server",
  "Your computer",
  "Hearth",
  "A plugin",
  "The engine",
  "Everyone",
];
const verbs = ["runs", "answers", "loads", "reads", "writes", "keeps", "checks"];
const objects = ["a question", "the file", "many words", "its memory", "a short story"];
const places = ["on this machine", "without a network", "in a few seconds", "while you wait"];

/** Sentences that differ, always the same for a number of them. */
export function composeText(sentences: number): string {
  const pick = (list: readonly string[], index: number) => list[index % list.length] ?? "";
  return Array.from({ length: sentences }, (_, i) => {
    const clause = `${pick(verbs, i + Math.floor(i / 7))} ${pick(objects, i)} ${pick(places, i)}`;
    return `${pick(subjects, i)} ${clause}, number ${i}.`;
  }).join("\n");
}

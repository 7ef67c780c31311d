const segmenter = new Intl.Segmenter("en", { granularity: "sentence" });

/** The sentences of a text in their order, without the blank ones; lines end sentences too. */
export function listSentences(text: string): readonly string[] {
  const sentences: string[] = [];
  for (const line of text.split("\n"))
    for (const { segment } of segmenter.segment(line))
      if (segment.trim() !== "") sentences.push(segment.trim());
  return sentences;
}

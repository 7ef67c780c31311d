/** Control characters become signs that can be seen: a terminal would obey them. Line ends and tabs stay. */
export function showControls(text: string): string {
  return (
    text
      .replace(/\r\n?/g, "\n")
      // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is replaced.
      .replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, "\ufffd")
  );
}

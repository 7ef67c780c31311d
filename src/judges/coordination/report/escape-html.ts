const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text as it may stand in an element or in a quoted attribute. Control characters become signs that can be seen. */
export function escapeHtml(text: string): string {
  return (
    text
      .replace(/[&<>"']/g, (mark) => entities[mark] ?? mark)
      // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is replaced.
      .replace(/[\x00-\x08\x0b-\x1f\x7f]/g, "�")
  );
}

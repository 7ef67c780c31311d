import { showControls } from "./control-characters.ts";

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text as it may stand in an element or in a quoted attribute. Control characters become signs that can be seen. */
export function escapeHtml(text: string): string {
  return showControls(text).replace(/[&<>"']/g, (mark) => entities[mark] ?? mark);
}

import { textOf } from "hearth-sdk";

/** Whether bytes are UTF-8: `textOf` puts U+FFFD where they are not, so it has more of them than the bytes spell. */
export function isUtf8(bytes: ArrayBuffer): bool {
  const units = Uint8Array.wrap(bytes);
  let spelled = 0;
  for (let i = 0; i + 2 < units.length; i++) {
    if (units[i] == 0xef && units[i + 1] == 0xbf && units[i + 2] == 0xbd) spelled++;
  }
  const text = textOf(bytes);
  let shown = 0;
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) == 0xfffd) shown++;
  return shown == spelled;
}

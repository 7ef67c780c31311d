import type { ModelSettings } from "../record.ts";
import { type OllamaTemplate, parseOllamaTemplate } from "./template.ts";

const maxKept = 32;

/** Parsed templates by their texts, the last used at the end. */
const kept = new Map<string, OllamaTemplate>();

/** The TEMPLATE of a model, parsed once. Throws AppError as `parseOllamaTemplate` does. */
export function findTemplate({
  template: text,
}: Pick<ModelSettings, "template">): OllamaTemplate | undefined {
  if (text === undefined) return undefined;
  const template = kept.get(text) ?? parseOllamaTemplate(text);
  kept.delete(text);
  kept.set(text, template);
  for (const oldest of kept.keys()) {
    if (kept.size <= maxKept) break;
    kept.delete(oldest);
  }
  return template;
}

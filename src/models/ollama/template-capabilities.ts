import type { ModelCapabilities, ModelSettings } from "../record.ts";
import { findTemplate } from "./find-template.ts";

/**
 * What a model can do whose TEMPLATE takes the place of its own: tools and reasoning need a place in that template, and
 * the model's own says how their output is read.
 */
export function limitToTemplate<Of extends ModelCapabilities>(
  capabilities: Of,
  settings: Pick<ModelSettings, "template">,
): Of {
  const uses = capabilities.generate ? findTemplate(settings)?.uses : undefined;
  if (!uses) return capabilities;
  return {
    ...capabilities,
    chat: true,
    tools: capabilities.tools && uses.tools,
    reasoning: capabilities.reasoning && uses.thinking,
    infill: capabilities.infill || uses.suffix,
  };
}

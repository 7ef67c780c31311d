import type { GenerateInput, GenerateRequest } from "../../contract/index.ts";
import { applySettings, type ModelLibrary } from "../../models/index.ts";

/** The request with its prompt written by a template that the client sent, in place of the model's own. */
export async function withTemplate(
  library: Pick<ModelLibrary, "find">,
  request: GenerateRequest,
  template: string,
): Promise<GenerateRequest> {
  const record = await library.find(request.model);
  const { input } = applySettings({ ...record?.settings, template }, request);
  return { ...request, input: toText(input) };
}

function toText(input: GenerateInput): GenerateInput {
  if (input.type !== "chat" || input.renderedPrompt === undefined) return input;
  return { type: "text", text: input.renderedPrompt };
}

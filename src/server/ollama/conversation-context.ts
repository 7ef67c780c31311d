/**
 * `context` of `/api/generate`: the tokens of what was said so far, which a client gives back to go on. Ollama calls it
 * deprecated and still answers it.
 */
import type { GenerateRequest } from "../../contract/index.ts";
import type { Engine } from "../../engine/index.ts";

/** The request with an earlier conversation before its own turn. */
export async function withContext(
  engine: Engine,
  request: GenerateRequest,
  earlier: readonly number[],
): Promise<GenerateRequest> {
  const { input, model } = request;
  const text = input.type === "text" ? input.text : await engine.applyTemplate(request);
  const { tokens } = await engine.tokenize(model, text, { addSpecial: false, parseSpecial: true });
  return { ...request, input: { type: "tokens", tokens: [...earlier, ...tokens] } };
}

// Generated from the contracts by native/plugins.ts; changes here are lost.
import { Json } from "../json";

export class ToolCall {
  name: string = "";
  /** The arguments as the model gave them. */
  arguments: Json = Json.null();

  static from(json: Json): ToolCall {
    const value = new ToolCall();
    value.name = json.get("name").asString(value.name);
    if (json.has("arguments")) value.arguments = json.get("arguments");
    return value;
  }
}

export class JudgeInput {
  /** What the model was asked. */
  prompt: string = "";
  /** What it answered. */
  response: string = "";
  /** What this judge is to look at; each judge names its own. */
  criteria: Json = Json.object();
  /** Texts the answer should rest on; one text alone may be given as a string. */
  context: string[] = [];
  /** An answer known to be right. */
  reference: string | null = null;
  /** Tools that the model called. */
  toolCalls: ToolCall[] = [];

  static from(json: Json): JudgeInput {
    const value = new JudgeInput();
    value.prompt = json.get("prompt").asString(value.prompt);
    value.response = json.get("response").asString(value.response);
    if (json.has("criteria")) value.criteria = json.get("criteria");
    value.context = json.get("context").asStrings();
    if (json.get("reference").isString) value.reference = json.get("reference").asString();
    const toolCallsJson = json.get("toolCalls");
    for (let i = 0; i < toolCallsJson.length; i++) value.toolCalls.push(ToolCall.from(toolCallsJson.at(i)));
    return value;
  }
}

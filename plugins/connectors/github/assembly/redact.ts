import { ConnectorOutput, Json } from "hearth-sdk";

/** Shorter ones are no tokens of GitHub, and would be found in any text. */
const minTokenUnits = 6;

/** A server that repeats what it was sent must not bring the token into a result or a message. */
export function withoutToken(output: ConnectorOutput, token: string): ConnectorOutput {
  const found = output.data;
  if (found) output.data = redact(found, token);
  const error = output.error;
  if (error) error.message = redact(Json.string(error.message), token).asString();
  return output;
}

export function redact(json: Json, token: string): Json {
  if (token.length < minTokenUnits) return json;
  if (json.isString) {
    const text = json.asString();
    return text.includes(token) ? Json.string(text.replaceAll(token, "[redacted]")) : json;
  }
  if (json.isArray) {
    const items = Json.array();
    for (let i = 0; i < json.length; i++) items.push(redact(json.at(i), token));
    return items;
  }
  if (!json.isObject) return json;
  const fields = Json.object();
  const keys = json.keys();
  for (let i = 0; i < keys.length; i++) fields.put(keys[i], redact(json.get(keys[i]), token));
  return fields;
}

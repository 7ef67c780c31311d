// Generated from the contracts by native/plugins.ts; changes here are lost.
import { Json } from "../json";

export class ConnectorInput {
  operation: string = "";
  arguments: Json = Json.object();

  static from(json: Json): ConnectorInput {
    const value = new ConnectorInput();
    value.operation = json.get("operation").asString(value.operation);
    if (json.has("arguments")) value.arguments = json.get("arguments");
    return value;
  }
}

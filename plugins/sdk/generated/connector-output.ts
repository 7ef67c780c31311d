// Generated from the contracts by native/plugins.ts; changes here are lost.
import { Json } from "../json";

export class ConnectorError {
  /** Such as not_found, unauthorized, rate_limited or unavailable. */
  code: string = "";
  message: string = "";
  /** Whether the same call may work later. */
  transient: bool = false;

  toJson(): Json {
    const json = Json.object();
    json.set("code", this.code);
    json.set("message", this.message);
    json.set("transient", this.transient);
    return json;
  }
}

export class ConnectorOutput {
  data: Json | null = null;
  error: ConnectorError | null = null;

  toJson(): Json {
    const json = Json.object();
    const dataValue = this.data;
    if (dataValue) json.set("data", dataValue);
    const errorValue = this.error;
    if (errorValue) json.set("error", errorValue.toJson());
    return json;
  }
}

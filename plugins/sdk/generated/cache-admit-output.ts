// Generated from the contracts by native/plugins.ts; changes here are lost.
import { Json } from "../json";

export class CacheAdmitOutput {
  admit: bool = false;
  reason: string = "";

  toJson(): Json {
    const json = Json.object();
    json.set("admit", this.admit);
    json.set("reason", this.reason);
    return json;
  }
}

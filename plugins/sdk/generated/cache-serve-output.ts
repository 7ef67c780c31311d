// Generated from the contracts by native/plugins.ts; changes here are lost.
import { Json } from "../json";

export class CacheServeOutput {
  serve: bool = false;
  reason: string = "";

  toJson(): Json {
    const json = Json.object();
    json.set("serve", this.serve);
    json.set("reason", this.reason);
    return json;
  }
}

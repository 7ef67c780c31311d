// Generated from the contracts by native/plugins.ts; changes here are lost.
import { Json } from "../json";

export class HealthOutput {
  ok: bool = false;
  message: string = "";

  toJson(): Json {
    const json = Json.object();
    json.set("ok", this.ok);
    json.set("message", this.message);
    return json;
  }
}

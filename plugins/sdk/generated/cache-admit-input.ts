// Generated from the contracts by native/plugins.ts; changes here are lost.
import { Json } from "../json";

export class CacheAdmitInput {
  hook: string = "cache.admit";
  query: string = "";
  response: string = "";

  static from(json: Json): CacheAdmitInput {
    const value = new CacheAdmitInput();
    value.hook = json.get("hook").asString(value.hook);
    value.query = json.get("query").asString(value.query);
    value.response = json.get("response").asString(value.response);
    return value;
  }
}

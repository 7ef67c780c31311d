// Generated from the contracts by native/plugins.ts; changes here are lost.
import { Json } from "../json";

export class CacheServeInput {
  hook: string = "cache.serve";
  query: string = "";
  cachedQuery: string = "";
  similarity: f64 = NaN;
  ageSeconds: f64 = 0;

  static from(json: Json): CacheServeInput {
    const value = new CacheServeInput();
    value.hook = json.get("hook").asString(value.hook);
    value.query = json.get("query").asString(value.query);
    value.cachedQuery = json.get("cachedQuery").asString(value.cachedQuery);
    value.similarity = json.get("similarity").asNumber(value.similarity);
    value.ageSeconds = json.get("ageSeconds").asNumber(value.ageSeconds);
    return value;
  }
}

// Generated from the contracts by native/plugins.ts; changes here are lost.
import { Json } from "../json";

export class RouteDecideInput {
  hook: string = "route.decide";
  prompt: string = "";
  /** Absent: counted as characters / 4. NaN where there is none. */
  inputTokens: f64 = NaN;
  /** Expected length of the answer. NaN where there is none. */
  outputTokens: f64 = NaN;
  /** Best score of the retrieved context. */
  contextScore: f64 = 0;
  /** Of the local model, from its own trajectory. NaN where there is none. */
  confidence: f64 = NaN;
  /** Money left for remote calls; absent: no limit. NaN where there is none. */
  budgetLeft: f64 = NaN;
  hasRemote: bool = true;
  /** False while its breaker is open. */
  remoteAvailable: bool = true;
  /** What privacy or the caller demands. One of: local, remote, any. */
  label: string = "any";
  /** Share of local places that are taken. */
  load: f64 = 0;

  static from(json: Json): RouteDecideInput {
    const value = new RouteDecideInput();
    value.hook = json.get("hook").asString(value.hook);
    value.prompt = json.get("prompt").asString(value.prompt);
    value.inputTokens = json.get("inputTokens").asNumber(value.inputTokens);
    value.outputTokens = json.get("outputTokens").asNumber(value.outputTokens);
    value.contextScore = json.get("contextScore").asNumber(value.contextScore);
    value.confidence = json.get("confidence").asNumber(value.confidence);
    value.budgetLeft = json.get("budgetLeft").asNumber(value.budgetLeft);
    value.hasRemote = json.get("hasRemote").asBool(value.hasRemote);
    value.remoteAvailable = json.get("remoteAvailable").asBool(value.remoteAvailable);
    value.label = json.get("label").asString(value.label);
    value.load = json.get("load").asNumber(value.load);
    return value;
  }
}

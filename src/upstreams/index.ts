export { readKnownKeys } from "./credentials.ts";
export { mayNameUpstream, splitModelName } from "./model-name.ts";
export {
  createUpstreams,
  type Upstream,
  type UpstreamDeps,
  type UpstreamHealth,
  type UpstreamLogger,
  type Upstreams,
  type UpstreamsOptions,
} from "./upstreams.ts";
export type { UpstreamModel } from "./wire.ts";
export { withUpstreams } from "./with-upstreams.ts";

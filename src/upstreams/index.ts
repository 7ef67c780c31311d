export {
  createUpstreams,
  type Upstream,
  type UpstreamHealth,
  type UpstreamModel,
  type Upstreams,
  type UpstreamsOptions,
} from "./upstreams.ts";
export { withUpstreams } from "./with-upstreams.ts";

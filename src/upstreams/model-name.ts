import type { Upstream, Upstreams } from "./upstreams.ts";

/** A model that an upstream has, under the name that it has there. */
export type UpstreamModelName = { readonly model: string; readonly upstream: Upstream };

/** What `MODEL@UPSTREAM` names, by the name alone: names of this machine may hold an `@` too, and they win. */
export function splitModelName(
  upstreams: Pick<Upstreams, "find">,
  name: string,
): UpstreamModelName | undefined {
  const at = name.lastIndexOf("@");
  const upstream = at <= 0 ? undefined : upstreams.find(name.slice(at + 1));
  return upstream && { model: name.slice(0, at), upstream };
}

/** Whether the name can be that of an upstream's model; which one, `splitModelName` says. */
export function mayNameUpstream(name: string): boolean {
  return name.includes("@");
}

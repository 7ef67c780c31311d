import { splitModelName, type Upstream } from "../../upstreams/index.ts";
import type { CoordinatorDeps } from "../deps.ts";

/** A model that may answer: one of this machine, or one that an upstream has. */
export type Target =
  | { readonly kind: "local"; readonly name: string }
  | {
      readonly kind: "remote";
      /** `MODEL@UPSTREAM`. */
      readonly name: string;
      /** As the upstream names it. */
      readonly model: string;
      readonly upstream: Upstream;
    };

export type RemoteTarget = Extract<Target, { kind: "remote" }>;

/** What stands behind a name. Names of this machine may hold an `@` too, and they win. */
export async function readTarget(
  { upstreams, library }: Pick<CoordinatorDeps, "upstreams" | "library">,
  name: string,
): Promise<Target> {
  const remote = splitModelName(upstreams, name);
  if (!remote || (await library.find(name))) return { kind: "local", name };
  return { kind: "remote", name, ...remote };
}

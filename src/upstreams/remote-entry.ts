import type { ModelEntry } from "../engine/index.ts";
import type { Upstream } from "./upstreams.ts";
import type { UpstreamModel } from "./wire.ts";

/** A model elsewhere, as listings show it: what its file holds is not known here. */
export function toRemoteEntry({ config, health }: Upstream, model: UpstreamModel): ModelEntry {
  const { state, lastError } = health();
  const isUp = state !== "open";
  const { contextTokens } = model;
  return {
    id: `${model.name}@${config.name}`,
    isRemote: true,
    createdAtSeconds: 0,
    state: isUp ? "ready" : "failed",
    ...(!isUp && lastError !== undefined && { lastError }),
    summary: {
      ...{ architecture: "remote", parameters: 0, quantisation: "" },
      ...(contextTokens !== undefined && { trainedContextTokens: contextTokens }),
      capabilities: {
        ...{ generate: true, chat: true, tools: true },
        ...{ reasoning: false, infill: false, rerank: false },
        embed: config.kind !== "anthropic",
      },
    },
  };
}

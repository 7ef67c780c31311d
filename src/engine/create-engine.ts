import { AppError } from "../base/index.ts";
import type { Engine } from "./engine.ts";
import { ModelHost } from "./model-host.ts";
import type { EngineObserver, EngineOptions } from "./options.ts";

/** An engine over one host process a model. Hosts start on first use, or at once with `describe`. */
export function createEngine(options: EngineOptions, observer: EngineObserver): Engine {
  const createdAtSeconds = Math.floor(Date.now() / 1000);
  const hosts = new Map(options.models.map((model) => [model.id, new ModelHost(model, options, observer)]));

  function find(model: string): ModelHost {
    const host = hosts.get(model);
    if (host) return host;
    const known = [...hosts.keys()].join(", ");
    throw new AppError("model_not_found", `there is no model "${model}" here; this server has: ${known}`);
  }

  return {
    models: () =>
      options.models.map(({ id, path }) => {
        const { state, description, lastError } = find(id);
        return {
          id,
          path,
          createdAtSeconds,
          state,
          ...(description && { description }),
          ...(lastError !== undefined && { lastError }),
        };
      }),
    describe: async (model) => await find(model).describe(),
    generate: (request, signal) => find(request.model).generate(request, signal),
    embed: async ({ model, inputs }, signal) =>
      await find(model).call({ type: "embed", inputs }, "vectors", signal),
    rerank: async ({ model, query, documents }, signal) =>
      await find(model).call({ type: "rerank", query, documents }, "scores", signal),
    tokenize: async (model, text, special) =>
      await find(model).call({ type: "tokenize", text, ...special }, "tokens"),
    async detokenize(model, tokens) {
      return (await find(model).call({ type: "detokenize", tokens }, "text")).text;
    },
    async applyTemplate(request) {
      return (await find(request.model).call({ type: "render", request }, "text")).text;
    },
    stats: (model) => hosts.get(model)?.stats,
    isReady: () => [...hosts.values()].some((host) => host.state === "ready"),
    async stop(deadline) {
      await Promise.all([...hosts.values()].map((host) => host.stop(deadline)));
    },
  };
}

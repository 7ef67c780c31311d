import { AppError } from "../base/index.ts";
import type { GenerateEvent, GenerateRequest } from "../contract/index.ts";
import type { Engine, ModelEntry } from "../engine/index.ts";
import { splitModelName, type UpstreamModelName } from "./model-name.ts";
import { toRemoteEntry } from "./remote-entry.ts";
import type { Upstreams } from "./upstreams.ts";

/** How long a listing waits for the lists of upstreams. */
const listWaitMs = 2_000;

/**
 * The engine, which also knows the upstreams' models as `MODEL@UPSTREAM`. Local names may hold an `@` too, and they win.
 * What is asked of a model's file or its memory is refused with invalid_request for a model that is elsewhere.
 */
export function withUpstreams(engine: Engine, upstreams: Upstreams): Engine {
  if (upstreams.list.length === 0) return engine;

  async function findLocal(name: string): Promise<ModelEntry | undefined> {
    try {
      return await engine.find(name);
    } catch (error) {
      if (error instanceof AppError && error.code === "model_not_found") return undefined;
      throw error;
    }
  }
  async function findRemote(name: string): Promise<UpstreamModelName | undefined> {
    const remote = splitModelName(upstreams, name);
    return remote && ((await findLocal(name)) ? undefined : remote);
  }
  async function requireLocal(name: string, what: string): Promise<void> {
    if (!(await findRemote(name))) return;
    const message = `model: "${name}" runs elsewhere, and ${what} only by the machine that has it; name a local model`;
    throw new AppError("invalid_request", message, { details: { param: "model" } });
  }
  async function* generate(
    request: GenerateRequest,
    signal: AbortSignal,
  ): AsyncGenerator<GenerateEvent, void, undefined> {
    const remote = await findRemote(request.model);
    if (remote) yield* remote.upstream.generate({ ...request, model: remote.model }, signal);
    else yield* engine.generate(request, signal);
  }

  return {
    ...engine,
    async models(options) {
      if (options?.isOwn) return await engine.models();
      const signal = AbortSignal.timeout(listWaitMs);
      const local = engine.models();
      const lists = upstreams.list.map(async (upstream) =>
        (await upstream.models(signal)).map((model) => toRemoteEntry(upstream, model)),
      );
      const entries = [await local, ...(await Promise.all(lists))].flat();
      return [...new Map(entries.toReversed().map((entry) => [entry.id, entry])).values()].toReversed();
    },
    async find(name) {
      const remote = splitModelName(upstreams, name);
      if (!remote) return await engine.find(name);
      const { upstream, model } = remote;
      return (await findLocal(name)) ?? toRemoteEntry(upstream, upstream.describe(model) ?? { name: model });
    },
    async load(model, request, signal) {
      await requireLocal(model, "it is loaded");
      return await engine.load(model, request, signal);
    },
    unload: async (model) => !(await findRemote(model)) && (await engine.unload(model)),
    generate: (request, signal) =>
      splitModelName(upstreams, request.model) ? generate(request, signal) : engine.generate(request, signal),
    async embed(request, signal) {
      const remote = await findRemote(request.model);
      if (!remote) return await engine.embed(request, signal);
      return await remote.upstream.embed({ ...request, model: remote.model }, signal);
    },
    async rerank(request, signal) {
      await requireLocal(request.model, "texts are ranked");
      return await engine.rerank(request, signal);
    },
    async tokenize(model, text, options) {
      await requireLocal(model, "its tokens are known");
      return await engine.tokenize(model, text, options);
    },
    async detokenize(model, tokens) {
      await requireLocal(model, "its tokens are known");
      return await engine.detokenize(model, tokens);
    },
    async applyTemplate(request) {
      await requireLocal(request.model, "its template is known");
      return await engine.applyTemplate(request);
    },
  };
}

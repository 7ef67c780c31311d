import type { GenerateEvent, GenerateRequest } from "../contract/index.ts";
import { applySettings, type Lease } from "../models/index.ts";
import { locateAdapters } from "./adapters.ts";
import { closeTurn, tellConversation } from "./conversation.ts";
import type { Engine, LoadRequest } from "./engine.ts";
import type { EngineModel, EngineModels } from "./engine-models.ts";
import type { EngineResidency } from "./engine-residency.ts";
import type { ModelHost } from "./model-host.ts";
import type { EngineOptions } from "./options.ts";
import type { AdapterFile } from "./protocol.ts";

type EngineCalls = Pick<
  Engine,
  "load" | "generate" | "embed" | "rerank" | "tokenize" | "detokenize" | "applyTemplate"
>;

/** What is asked of a model itself: each call has a place in its queue and keeps it in memory until it ends. */
export function createEngineCalls(
  catalog: EngineOptions["catalog"],
  models: EngineModels,
  residency: EngineResidency,
): EngineCalls {
  async function use<T>(
    name: string,
    signal: AbortSignal | undefined,
    work: (host: ModelHost, model: EngineModel) => Promise<T>,
    request: LoadRequest = {},
  ): Promise<T> {
    const model = await models.get(name);
    const leave = model.places.take(1);
    try {
      using lease = await residency.acquire(model, request, signal);
      return await work(lease.loaded, model);
    } finally {
      leave();
    }
  }

  async function* generate(request: GenerateRequest, signal: AbortSignal): AsyncGenerator<GenerateEvent> {
    const model = await models.get(request.model);
    const leave = model.places.take(request.choices);
    try {
      const prepared = prepare(model, request);
      const adapters = await locateAdapters(catalog, prepared.adapters);
      using lease = await residency.acquire(model, prepared, signal);
      catalog.recordUse(model.record.name);
      yield* answer(model, prepared, adapters, lease, signal);
    } finally {
      leave();
    }
  }

  return {
    load: async (name, request, signal) =>
      await use(name, signal, async (host) => await host.describe(signal), request),
    generate,
    async embed(request, signal) {
      const { model, inputs } = request;
      const work = async (host: ModelHost, { record }: EngineModel) => {
        catalog.recordUse(record.name);
        return await host.call({ type: "embed", inputs }, "vectors", signal);
      };
      return await use(model, signal, work, request);
    },
    async rerank(request, signal) {
      const { model, query, documents } = request;
      const work = async (host: ModelHost, { record }: EngineModel) => {
        catalog.recordUse(record.name);
        return await host.call({ type: "rerank", query, documents }, "scores", signal);
      };
      return await use(model, signal, work, request);
    },
    tokenize: async (model, text, special) =>
      await use(model, undefined, async (host) => {
        return await host.call({ type: "tokenize", text, ...special }, "tokens");
      }),
    detokenize: async (model, tokens) =>
      await use(model, undefined, async (host) => {
        return (await host.call({ type: "detokenize", tokens }, "text")).text;
      }),
    async applyTemplate(request) {
      const prepared = prepare(await models.get(request.model), request);
      const render = async (host: ModelHost) =>
        (await host.call({ type: "render", request: prepared }, "text")).text;
      return await use(request.model, undefined, render, prepared);
    },
  };
}

/** The events of one answer. What follows it is asked of the host within the same lease: a second could wait for the first. */
async function* answer(
  model: EngineModel,
  { conversation, ...request }: GenerateRequest,
  adapters: readonly AdapterFile[],
  lease: Lease<ModelHost>,
  signal: AbortSignal,
): AsyncGenerator<GenerateEvent> {
  let text = "";
  for await (const event of lease.loaded.generate(request, signal, adapters)) {
    if (conversation && event.type === "text") text += event.text;
    const timed = withLoadTime(event, lease);
    if (timed.type !== "done" || !conversation) {
      yield timed;
      continue;
    }
    const closed = prepare(model, { ...request, input: closeTurn(conversation.turn, text) });
    const told = await tellConversation(lease.loaded, closed, conversation, signal);
    yield { ...timed, ...(told && { conversation: told }) };
  }
}

/** The request as the model's own settings complete it. */
function prepare({ record }: EngineModel, request: GenerateRequest): GenerateRequest {
  return applySettings(record.settings, request);
}

function withLoadTime(event: GenerateEvent, { loadMs }: Lease<ModelHost>): GenerateEvent {
  return event.type === "done" ? { ...event, timings: { ...event.timings, loadMs } } : event;
}
